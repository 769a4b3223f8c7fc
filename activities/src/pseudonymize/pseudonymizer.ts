import {
  createPseudonymizer,
  dateShiftDays,
  type ProfileRule,
  type Pseudonymizer,
  type PseudonymizerSettings,
  shiftDate,
} from '@viaduct/deid';
import { projectKeyPurpose, unseal } from '@viaduct/prisma';
import type { Dependencies } from '../dependencies.ts';
import { StepError } from '../failures.ts';
import type { TaskFacts } from '../record/tasks.ts';
import { profileOf } from './profile.ts';

/** Sources are not told apart by issuer yet: one patient ID is one patient within a project. */
export const ISSUER = '';

/** The secret of a project. */
export async function projectKeyOf({ database, masterKey }: Dependencies, projectId: string): Promise<Buffer> {
  const project = await database.client.project.findUniqueOrThrow({ where: { id: projectId } });
  return unseal(masterKey, project.sealedKey, projectKeyPurpose(projectId));
}

/** How the images of the task's patient are pseudonymized, under the secret of its project: the same on every host. */
export async function settingsOf(dependencies: Dependencies, task: TaskFacts): Promise<PseudonymizerSettings> {
  if (!task.pseudonym) throw new StepError('internal', { what: 'pseudonym' });
  const project = await dependencies.database.client.project.findUniqueOrThrow({ where: { id: task.projectId } });
  return {
    projectKey: await projectKeyOf(dependencies, task.projectId),
    profile: (await profileOf(dependencies, task)).profile,
    pseudonym: task.pseudonym,
    patientId: task.patientId,
    trial: {
      protocolId: task.trialId || project.trialProtocolId,
      protocolName: task.trialName || project.trialProtocolName,
    },
  };
}

/** The rules for the task's patient in this thread. */
async function pseudonymizerOf(dependencies: Dependencies, task: TaskFacts): Promise<Pseudonymizer> {
  return createPseudonymizer(await settingsOf(dependencies, task));
}

/** How the output calls what the source calls by a UID: the same where nothing is pseudonymized. */
export async function outgoingUids(dependencies: Dependencies, task: TaskFacts): Promise<(uid: string) => string> {
  return task.pseudonymize ? (await pseudonymizerOf(dependencies, task)).outUid : (uid) => uid;
}

const STUDY_DATE_AND_TIME = ['00080020', '00080030'];

/** Whether a rule may be about the date or time of the study. */
function concernsDates({ match: { attribute, module, vr } }: ProfileRule): boolean {
  if (attribute === undefined) return module === 'General Study' || vr === 'DA' || vr === 'TM';
  const fits = (tag: string) => [...attribute.toLowerCase()].every((digit, at) => digit === 'x' || digit === tag[at]);
  return attribute === 'StudyDate' || attribute === 'StudyTime' || STUDY_DATE_AND_TIME.some(fits);
}

/** Date and time of the study as the output carries them. */
export async function outgoingDates(
  dependencies: Dependencies,
  task: TaskFacts,
  { studyDate, studyTime }: { readonly studyDate: string; readonly studyTime: string },
): Promise<{ studyDate: string; studyTime: string }> {
  const { options, rules } = (await profileOf(dependencies, task)).profile;
  // Rules of the profile's own may do anything to a date: no name tells more than the images do.
  if (options.dates === 'remove' || rules.some(concernsDates)) return { studyDate: '', studyTime: '' };
  if (options.dates === 'keep') return { studyDate, studyTime };
  const key = await projectKeyOf(dependencies, task.projectId);
  return { studyDate: shiftDate(studyDate, dateShiftDays(key, ISSUER, task.patientId)) ?? '', studyTime };
}
