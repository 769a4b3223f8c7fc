import { createPseudonymizer } from '@viaduct/deid';
import { unseal } from '@viaduct/prisma';
import type { Dependencies } from '../dependencies.ts';
import { StepError } from '../failures.ts';
import type { TaskFacts } from '../record/tasks.ts';

export type Pseudonymizer = ReturnType<typeof createPseudonymizer>;

/** What a project's secret is sealed for; the same words as where projects are made. */
export const projectKeyPurpose = (projectId: string) => `project/${projectId}`;

/** The rules for the task's patient under the secret of its project: the same every time, on every host. */
export async function pseudonymizerOf({ database, masterKey }: Dependencies, task: TaskFacts): Promise<Pseudonymizer> {
  const project = await database.client.project.findUnique({ where: { id: task.projectId } });
  if (!project || task.pseudonym === null) throw new StepError('internal');
  return createPseudonymizer({
    projectKey: unseal(masterKey, project.sealedKey, projectKeyPurpose(project.id)),
    dates: project.dates as 'shift' | 'keep' | 'remove',
    pseudonym: task.pseudonym,
    patientId: task.patientId,
    trial: {
      protocolId: task.trialId || project.trialProtocolId,
      protocolName: task.trialName || project.trialProtocolName,
    },
  });
}
