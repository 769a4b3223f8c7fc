import { hasEnded, JOB_STATES, may } from '@viaduct/domain';
import { HOST_ALIVE_WITHIN_MS, type Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { countHeld } from '../review/heldImages.ts';
import { visibleJobs } from '../jobs/access.ts';
import { healthOf } from '../nodes/nodeHealth.ts';
import type { NeededView } from '../schemas/operate.ts';

/** For how long a failed job asks for attention, ms. */
const REMEMBERED_MS = 7 * 86_400_000;
/** A worker that has been away for longer than this was taken away on purpose, ms. */
const GONE_MS = 86_400_000;
const MOST = 50;

/** What a person has to look after: failed jobs that nobody has tried again, images to be reviewed; for those who manage nodes, nodes and workers too. */
export async function readNeeded({ client }: Database, actor: SignedIn): Promise<NeededView[]> {
  const parts = await Promise.all([
    failedJobs(client, actor),
    ...(may(actor, 'view-identified') ? [imagesHeld(client, actor)] : []),
    ...(may(actor, 'manage-nodes') ? [nodesInNeed(client), workersGone(client, actor)] : []),
  ]);
  return parts
    .flat()
    .sort((a, b) => (b.at ?? '').localeCompare(a.at ?? ''))
    .slice(0, MOST);
}

/** A job that is tried again is not a failed one any more. */
async function failedJobs(client: Database['client'], actor: SignedIn): Promise<NeededView[]> {
  const rows = await client.job.findMany({
    where: { ...visibleJobs(actor), state: 'failure', endedAt: { gt: new Date(Date.now() - REMEMBERED_MS) } },
    orderBy: { endedAt: 'desc' },
    take: MOST,
  });
  return rows.flatMap(({ id, number, title, endedAt, tasksFailure }): NeededView[] => {
    if (!endedAt) return [];
    const studies = `${tasksFailure.toLocaleString('en-US')} ${tasksFailure === 1 ? 'study' : 'studies'}`;
    const text = `Job ${number}: ${studies} failed.`;
    return [{ kind: 'job-failed', at: endedAt.toISOString(), text, job: { id, number, title }, failed: tasksFailure }];
  });
}

async function imagesHeld(client: Database['client'], actor: SignedIn): Promise<NeededView[]> {
  const { images, since } = await countHeld(client, actor);
  if (since === null) return [];
  const text = `${images.toLocaleString('en-US')} ${images === 1 ? 'image waits' : 'images wait'} for a review.`;
  return [{ kind: 'review', at: since.toISOString(), text, images }];
}

async function nodesInNeed(client: Database['client']): Promise<NeededView[]> {
  const rows = await client.node.findMany({ orderBy: { name: 'asc' } });
  return rows.flatMap((row): NeededView[] => {
    const { state, since: at, text } = healthOf(row);
    const node = { id: row.id, name: row.name };
    if (state === 'suspended') return [{ kind: 'node-suspended', at, text, node }];
    return state === 'failing' ? [{ kind: 'node-failing', at, text, node }] : [];
  });
}

async function workersGone(client: Database['client'], actor: SignedIn): Promise<NeededView[]> {
  const now = Date.now();
  const rows = await client.workerHost.findMany({ where: { lastSeenAt: { gt: new Date(now - GONE_MS) } } });
  const gone = rows.filter(({ lastSeenAt }) => lastSeenAt.getTime() <= now - HOST_ALIVE_WITHIN_MS);
  const needed: NeededView[] = gone.map(({ id, lastSeenAt }) => ({
    kind: 'worker-gone',
    at: lastSeenAt.toISOString(),
    text: `The worker ${id} does not answer.`,
    host: id,
  }));
  if (rows.length > gone.length || (await countOpenJobs(client, actor)) === 0) return needed;
  return [
    { kind: 'no-worker', at: new Date(now).toISOString(), text: 'Nobody works on the queue: no worker is running.' },
    ...needed,
  ];
}

const countOpenJobs = (client: Database['client'], actor: SignedIn) =>
  client.job.count({
    where: { ...visibleJobs(actor), state: { in: JOB_STATES.filter((state) => !hasEnded(state)) } },
  });
