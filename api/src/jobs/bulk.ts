import { deleteJob, forceEnd, jobRefusal, RequestRefused, type Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { ApiProblem, invalid } from '../http/problems.ts';
import type { BulkAnswerView, BulkInput, BulkResultView } from '../schemas/actions.ts';
import { ask, demandAction } from './actions.ts';
import {
  readTaskNosOfNode,
  targetsByIds,
  targetsOfNode,
  targetsOfProject,
  type BulkTarget,
  type Passed,
} from './bulkTargets.ts';
import { addSenseless, emptyEffect, stops } from './effect.ts';
import { terminateMessage } from './messages.ts';
import { whyNot } from './whyNot.ts';

/** Jobs that are asked side by side. */
const AT_ONCE = 4;

type Outcome = Pick<BulkResultView, 'outcome' | 'reason' | 'requestId'>;

/**
 * Asks something of several jobs, each by itself, or only says what that would do.
 * @throws ApiProblem 403 when the person may not ask for it at all, 404 for an unknown node or project
 */
export async function actInBulk(database: Database, actor: SignedIn, input: BulkInput): Promise<BulkAnswerView> {
  demandAction(actor, input);
  const { targets, passed, unknown } = await chosen(database, actor, input);
  const effect = emptyEffect();
  for (const { state, count } of passed) {
    const refusal = jobRefusal(input.action, { state, failed: 0, warnings: 0, paused: 0 });
    if (refusal) addSenseless(effect, whyNot(refusal), count);
  }
  const results: BulkResultView[] = unknown.map((jobId) => ({
    jobId,
    number: 0,
    title: '',
    ...refused(whyNot('job-unknown')),
  }));
  await eachOf(targets, async (target) => {
    const outcome = await tryOn(database, actor, input, target);
    results.push({ jobId: target.id, number: target.number, title: target.title, ...outcome });
    if (outcome.outcome === 'refused') return;
    effect.studies += target.studies;
    effect.stored += target.stored;
    if (stops(input.action)) effect.running += target.running;
  });
  results.sort((a, b) => a.number - b.number);
  for (const { reason } of results) if (reason !== null) addSenseless(effect, reason, 1);
  const ok = results.filter(({ outcome }) => outcome === 'ok').length;
  return { dryRun: input.dryRun, jobs: { ok, refused: results.length - ok }, effect, results };
}

interface Chosen {
  readonly targets: readonly BulkTarget[];
  readonly passed: readonly Passed[];
  readonly unknown: readonly string[];
}

async function chosen(database: Database, actor: SignedIn, { action, target }: BulkInput): Promise<Chosen> {
  if ('projectId' in target) {
    return { ...(await targetsOfProject(database, actor, action, target.projectId)), unknown: [] };
  }
  if ('nodeId' in target) {
    if (action === 'delete' || action === 'force-end') {
      throw invalid('action', 'Of a node only studies can be chosen, and this is about whole jobs.');
    }
    return { targets: await targetsOfNode(database, actor, action, target.nodeId), passed: [], unknown: [] };
  }
  const targets = await targetsByIds(database, actor, action, target.jobIds);
  const known = new Set(targets.map(({ id }) => id));
  return { targets, passed: [], unknown: [...new Set(target.jobIds)].filter((id) => !known.has(id)) };
}

const refused = (reason: string): Outcome => ({ outcome: 'refused', reason, requestId: null });

async function tryOn(database: Database, actor: SignedIn, input: BulkInput, target: BulkTarget): Promise<Outcome> {
  const refusal = target.ofNode ? null : jobRefusal(input.action, target.job);
  if (refusal) return refused(whyNot(refusal));
  if (input.dryRun) return { outcome: 'ok', reason: null, requestId: null };
  try {
    return { outcome: 'ok', reason: null, requestId: await act(database, actor, input, target) };
  } catch (error) {
    // Somebody else was faster, or the job has ended meanwhile.
    if (error instanceof RequestRefused) return refused(whyNot(error.refusal));
    if (error instanceof ApiProblem) return refused(error.message);
    throw error;
  }
}

/** Returns the id of the request; a delete has none. */
async function act(
  database: Database,
  { userId }: SignedIn,
  { action, target: among, ...rest }: BulkInput,
  { id: jobId, ofNode }: BulkTarget,
): Promise<string | null> {
  if (action === 'delete') {
    await deleteJob(database.pool, jobId);
    return null;
  }
  if (action === 'force-end') return (await forceEnd(database.pool, { jobId, userId }, terminateMessage)).id;
  const names = ofNode && 'nodeId' in among && action !== 'set-priority' && action !== 'set-schedule';
  const taskNos = names ? await readTaskNosOfNode(database, jobId, among.nodeId, action) : undefined;
  const mode = 'mode' in rest ? rest.mode : undefined;
  const value = 'value' in rest ? rest.value : undefined;
  return ask(database, { jobId, userId, action, mode, value, taskNos });
}

/** Some at a time; what one throws ends it all. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
