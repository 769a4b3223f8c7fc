import { HOST_ALIVE_WITHIN_MS, type Database } from '@viaduct/prisma';
import type { ReadinessView, WorkerView } from '../schemas/system.ts';
import type { Engine } from '../temporal/engine.ts';

const DEADLINE_MS = 3_000;

type Check = ReadinessView['checks']['database'];

/** The worker hosts as they last told about themselves; `up` when that was recently and the receiver listens. */
export async function readWorkers(client: Database['client']): Promise<WorkerView[]> {
  const rows = await client.workerHost.findMany({ orderBy: { id: 'asc' } });
  return rows.map((row) => ({
    host: row.id,
    aeTitle: row.receiverAeTitle,
    address: row.receiverHost,
    port: row.receiverPort,
    up: row.receiverUp && isAlive(row.lastSeenAt),
    lastSeen: row.lastSeenAt.toISOString(),
    startedAt: row.startedAt.toISOString(),
    spoolFreeBytes: Number(row.spoolFreeBytes),
  }));
}

const isAlive = (lastSeen: Date) => lastSeen.getTime() > Date.now() - HOST_ALIVE_WITHIN_MS;

/** Asks database and engine, and looks whether a worker and a receiver have shown up recently. */
export async function readReadiness(database: Database, engine: Engine): Promise<ReadinessView> {
  const [databaseCheck, temporal, hosts] = await Promise.all([
    checked(() => database.pool.query('SELECT 1')),
    checked(() => engine.check(DEADLINE_MS)),
    within(database.client.workerHost.findMany()).catch(() => []),
  ]);
  const alive = hosts.filter(({ lastSeenAt }) => isAlive(lastSeenAt));
  const receiving = alive.filter(({ receiverUp }) => receiverUp);
  const checks = {
    database: databaseCheck,
    temporal,
    worker: some(alive.length, 'worker'),
    receiver: some(receiving.length, 'receiver'),
  };
  return { ok: Object.values(checks).every(({ ok }) => ok), checks };
}

const some = (count: number, what: string): Check => ({
  ok: count > 0,
  detail: count > 0 ? `${count} ${what}${count === 1 ? '' : 's'}` : `no ${what} has been seen for 30 s`,
});

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
