import { cloneJob, type Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { invalid } from '../http/problems.ts';
import type { CloneInput } from '../schemas/jobs.ts';
import { demandJob } from './access.ts';
import { checkPermissions, LONGEST_TITLE, mayReceive } from './checkJob.ts';
import { startMessage } from './messages.ts';
import { refuseConflict } from './pseudonymConflict.ts';

/** Starts a new job with the studies of another one. Returns its id. */
export async function startClone(
  database: Database,
  masterKey: Uint8Array,
  actor: SignedIn,
  idempotencyKey: string,
  jobId: string,
  changes: CloneInput,
): Promise<string> {
  await demandJob(database.client, actor, jobId);
  const before = await database.client.job.findUniqueOrThrow({ where: { id: jobId } });
  const options = {
    pseudonymize: changes.pseudonymize ?? before.pseudonymize,
    urgent: changes.urgent ?? before.urgent,
    pseudonym: changes.pseudonym,
  };
  const studies = await database.client.task.count({ where: { jobId } });
  checkPermissions(actor, { ...options, studies });
  await checkTarget(database, masterKey, jobId, changes, before.projectId);
  const title = changes.title ?? `Copy of ${before.number}: ${before.title}`.slice(0, LONGEST_TITLE);
  const { id } = await cloneJob(
    database.pool,
    { jobId, ownerId: actor.userId, idempotencyKey, changes: { ...changes, title } },
    (run) => startMessage(run, options.urgent),
  );
  return id;
}

async function checkTarget(
  { client, pool }: Database,
  masterKey: Uint8Array,
  jobId: string,
  { projectId, destinationId, pseudonym }: CloneInput,
  formerProjectId: string,
): Promise<void> {
  const project = await client.project.findUnique({ where: { id: projectId ?? formerProjectId } });
  if (!project) throw invalid('projectId', 'There is no such project.');
  if (destinationId !== undefined) {
    const node = await client.node.findUnique({ where: { id: destinationId } });
    if (!node || !mayReceive(node)) throw invalid('destinationId', 'There is no such destination.');
  }
  if (pseudonym === undefined) return;
  const { rows } = await pool.query<{ patientId: string; studies: number }>(
    'SELECT patient_id AS "patientId", count(*)::int AS studies FROM task WHERE job_id = $1 GROUP BY patient_id LIMIT 2',
    [jobId],
  );
  const [patient, another] = rows;
  if (!patient || another || (patient.patientId === '' && patient.studies > 1)) {
    throw invalid('pseudonym', 'A pseudonym can be given only when all studies are known to be of one patient.');
  }
  if (patient.patientId) await refuseConflict(client, masterKey, project, pseudonym, patient.patientId);
}
