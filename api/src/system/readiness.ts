import { hasEnded, JOB_STATES } from '@viaduct/domain';
import { HOST_ALIVE_WITHIN_MS, type Database } from '@viaduct/prisma';
import type { ReadinessView } from '../schemas/system.ts';
import type { Engine } from '../temporal/engine.ts';

const DEADLINE_MS = 3_000;

type Check = ReadinessView['checks']['database'];

/** Whether something that was seen then is there now. */
export const isAlive = (lastSeen: Date) => lastSeen.getTime() > Date.now() - HOST_ALIVE_WITHIN_MS;

/** Asks database and engine, and looks whether a worker and a receiver have shown up recently, and what waits for them. */
export async function readReadiness(database: Database, engine: Engine): Promise<ReadinessView> {
  const [databaseCheck, temporal, hosts, waiting] = await Promise.all([
    checked(() => database.pool.query('SELECT 1')),
    checked(() => engine.check(DEADLINE_MS)),
    within(database.client.workerHost.findMany()).catch(() => []),
    within(countOpen(database)).catch(() => undefined),
  ]);
  const alive = hosts.filter(({ lastSeenAt }) => isAlive(lastSeenAt));
  const receiving = alive.filter(({ receiverUp }) => receiverUp);
  const checks = {
    database: databaseCheck,
    temporal,
    worker: some(alive.length, 'worker'),
    receiver: some(receiving.length, 'receiver'),
    queue: queueCheck(waiting, alive.length > 0),
  };
  return { ok: Object.values(checks).every(({ ok }) => ok), checks };
}

const some = (count: number, what: string): Check => ({
  ok: count > 0,
  detail: count > 0 ? `${count} ${what}${count === 1 ? '' : 's'}` : `no ${what} has been seen for 30 s`,
});

/** Studies that wait or run. */
async function countOpen({ pool }: Database): Promise<number> {
  const { rows } = await pool.query<{ open: number }>(
    `SELECT coalesce(sum(tasks_pending + tasks_running), 0)::int AS open FROM job WHERE state = ANY ($1) AND deleted_at IS NULL`,
    [JOB_STATES.filter((state) => !hasEnded(state))],
  );
  return rows[0]?.open ?? 0;
}

function queueCheck(open: number | undefined, hasWorker: boolean): Check {
  if (open === undefined) return { ok: false, detail: 'cannot be read' };
  const studies = `${open.toLocaleString('en-US')} ${open === 1 ? 'study' : 'studies'}`;
  if (open > 0 && !hasWorker) return { ok: false, detail: `nobody works on ${studies}` };
  return { ok: true, detail: open === 0 ? 'empty' : studies };
}

async function checked(ask: () => Promise<unknown>): Promise<Check> {
  const begun = performance.now();
  try {
    await within(ask());
    return { ok: true, detail: `answers in ${Math.round(performance.now() - begun)} ms` };
  } catch {
    return { ok: false, detail: 'does not answer' };
  }
}

/** Rejects when the answer takes too long. */
async function within<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('late')), DEADLINE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
