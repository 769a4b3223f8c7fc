import { derivePseudonym, patientHash } from '@viaduct/deid';
import { seal } from '@viaduct/prisma';
import type { Dependencies } from '../dependencies.ts';
import { StepError } from '../failures.ts';
import { ISSUER, projectKeyOf } from '../pseudonymize/pseudonymizer.ts';
import type { TaskFacts } from '../record/tasks.ts';

/** What the original identity beside a pseudonym is sealed for. */
export const originalPurpose = (projectId: string) => `pseudonym/${projectId}`;

/**
 * One patient has one pseudonym in a project, and one pseudonym one patient: enters the task's pair, or checks it against
 * what the project has. Without a wish the known pseudonym is taken, or one is derived.
 * Throws StepError `pseudonym-conflict`.
 */
export async function settlePseudonym(dependencies: Dependencies, task: TaskFacts, patientId: string): Promise<void> {
  const { database, masterKey } = dependencies;
  const { projectId } = task;
  const key = await projectKeyOf(dependencies, projectId);
  const hash = patientHash(key, ISSUER, patientId);
  const where = { projectId_patientHash: { projectId, patientHash: hash } };
  const known = await database.client.pseudonym.findUnique({ where });
  const pseudonym = task.pseudonym || known?.pseudonym || derivePseudonym(key, ISSUER, patientId);
  if (!known) {
    const original = Buffer.from(JSON.stringify({ issuer: ISSUER, patientId }));
    const sealedOriginal = Uint8Array.from(seal(masterKey, original, originalPurpose(projectId)));
    const row = { projectId, patientHash: hash, pseudonym, sealedOriginal };
    await database.client.pseudonym.createMany({ data: [row], skipDuplicates: true });
  }
  const settled = await database.client.pseudonym.findUnique({ where });
  if (settled?.pseudonym !== pseudonym) throw new StepError('pseudonym-conflict');
  await database.client.task.updateMany({ where: { id: task.id, runNo: task.runNo }, data: { pseudonym } });
}
