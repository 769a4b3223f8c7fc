import { instancesOf, settleVerification } from '@viaduct/prisma';
import type { TaskRef, VerifyActivities } from '@viaduct/workflows/contract';
import type { Dependencies } from '../dependencies.ts';
import { loadNode } from '../record/nodes.ts';
import { removeTask } from '../spool/index.ts';
import { runStep } from '../step.ts';
import { askDestination } from '../store/there.ts';
import { manifestHead } from './manifest.ts';

type VerifyInput = Parameters<VerifyActivities['verifyTask']>[0];

/**
 * Asks the destination what it holds of what it acknowledged and lets the ledger decide: done, or gaps for another round.
 * The end of the task brings its manifest, and the end of its spool.
 */
export function verifyTask(
  dependencies: Dependencies,
  input: VerifyInput,
): Promise<{ done: boolean; missing: number }> {
  return runStep(dependencies, 'verify', input, async (run) => {
    const { database, parts } = dependencies;
    const { task } = run;
    const rows = await instancesOf(database.pool, { taskId: task.id, states: ['stored', 'coerced'] });
    const present = await askDestination(dependencies, run, await loadNode(database, task.destinationId), rows);
    run.signal.throwIfAborted();
    run.instances = present.size;
    const ref: TaskRef = { jobId: input.jobId, runNo: input.runNo, taskNo: input.taskNo };
    const uids = rows.map((row) => row.sopInstanceUid);
    const result = await settleVerification(database.pool, {
      ...ref,
      present: uids.filter((uid) => present.has(uid)),
      absent: uids.filter((uid) => !present.has(uid)),
      lastRound: input.lastRound,
      failed: input.failed,
      manifest: await manifestHead(dependencies, task),
    });
    // Folders of other hosts are swept by their own worker.
    if (result.done && !parts.isBusy(ref)) await removeTask(dependencies, ref);
    return result;
  });
}
