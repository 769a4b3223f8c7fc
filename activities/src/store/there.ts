import type { ExpectedThere } from '@viaduct/pacs';
import { instancesOf, type LedgerRow } from '@viaduct/prisma';
import type { Dependencies } from '../dependencies.ts';
import type { OpenPart } from '../part/openParts.ts';
import { outgoingUids } from '../pseudonymize/pseudonymizer.ts';
import type { NodeRow } from '../record/nodes.ts';
import { callOf, type StepRun } from '../step.ts';

/**
 * Asks the destination which instances it holds, under the names they have there.
 * @returns original SOP Instance UIDs. Throws PacsError.
 */
export async function askDestination(
  dependencies: Dependencies,
  run: StepRun,
  destination: NodeRow,
  rows: readonly LedgerRow[],
): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set();
  const outUid = await outgoingUids(dependencies, run.task);
  const expected = rows.map((row): ExpectedThere => ({
    sopInstanceUid: outUid(row.sopInstanceUid),
    seriesInstanceUid: outUid(row.seriesInstanceUid),
    relativePath: row.outPath,
    fileSha256: row.outSha256,
  }));
  const study = outUid(run.task.studyInstanceUid);
  const present = await dependencies.gateway.verify(destination, study, expected, callOf(run, destination.id));
  return new Set(rows.map((row) => row.sopInstanceUid).filter((uid) => present.has(outUid(uid))));
}

/**
 * What a server holds of the part before anything is sent. Asked only when another host has sent to it since the task
 * began: its last acknowledgements may be lost with its journal. A task that a person has begun anew is sent anew,
 * whatever is there. (A folder takes the same file twice without harm.)
 */
export async function heldBefore(
  dependencies: Dependencies,
  run: StepRun,
  part: OpenPart,
  destination: NodeRow,
): Promise<ReadonlySet<string>> {
  const { database, hostId } = dependencies;
  if (destination.kind === 'folder') return new Set();
  const elsewhere = await database.client.step.findFirst({
    where: { taskId: run.task.id, step: 'store', hostId: { not: hostId }, startedAt: { gte: run.task.startedAt } },
    select: { id: true },
  });
  if (!elsewhere) return new Set();
  const states = ['expected', 'retrieved', 'pseudonymized'] as const;
  const rows = await instancesOf(database.pool, { taskId: run.task.id, partNo: part.key.partNo, states });
  return askDestination(dependencies, run, destination, rows);
}
