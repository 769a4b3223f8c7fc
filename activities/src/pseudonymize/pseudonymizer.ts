import {
  builtInProfile,
  createPseudonymizer,
  dateShiftDays,
  type ProfileOptions,
  type Pseudonymizer,
  shiftDate,
} from '@viaduct/deid';
import { projectKeyPurpose, unseal } from '@viaduct/prisma';
import type { Dependencies } from '../dependencies.ts';
import { StepError } from '../failures.ts';
import type { TaskFacts } from '../record/tasks.ts';

/** Sources are not told apart by issuer yet: one patient ID is one patient within a project. */
export const ISSUER = '';

type Dates = ProfileOptions['dates'];
/** The built-in profile that treats dates as the project wants. */
const PROFILE_OF: Readonly<Record<Dates, string>> = { shift: 'research', keep: 'full-dates', remove: 'basic' };

/** The secret of a project. */
export async function projectKeyOf({ database, masterKey }: Dependencies, projectId: string): Promise<Buffer> {
  const project = await database.client.project.findUniqueOrThrow({ where: { id: projectId } });
  return unseal(masterKey, project.sealedKey, projectKeyPurpose(projectId));
}

/** The rules for the task's patient under the secret of its project: the same every time, on every host. */
export async function pseudonymizerOf(dependencies: Dependencies, task: TaskFacts): Promise<Pseudonymizer> {
  if (!task.pseudonym) throw new StepError('internal', { what: 'pseudonym' });
  const project = await dependencies.database.client.project.findUniqueOrThrow({ where: { id: task.projectId } });
  return createPseudonymizer({
    projectKey: await projectKeyOf(dependencies, task.projectId),
    profile: builtInProfile(PROFILE_OF[project.dates as Dates]),
    pseudonym: task.pseudonym,
    patientId: task.patientId,
    trial: {
      protocolId: task.trialId || project.trialProtocolId,
      protocolName: task.trialName || project.trialProtocolName,
    },
  });
}

/** Date and time of the study as the output carries them. */
export async function outgoingDates(
  dependencies: Dependencies,
  task: TaskFacts,
  { studyDate, studyTime }: { readonly studyDate: string; readonly studyTime: string },
): Promise<{ studyDate: string; studyTime: string }> {
  const { client } = dependencies.database;
  const { dates } = await client.project.findUniqueOrThrow({ where: { id: task.projectId }, select: { dates: true } });
  if (dates === 'keep') return { studyDate, studyTime };
  if (dates === 'remove') return { studyDate: '', studyTime: '' };
  const key = await projectKeyOf(dependencies, task.projectId);
  return { studyDate: shiftDate(studyDate, dateShiftDays(key, ISSUER, task.patientId)) ?? '', studyTime };
}
