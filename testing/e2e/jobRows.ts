import type { JobState, TaskState } from '@viaduct/domain';
import { uuidv7, type Database } from '@viaduct/prisma';

/** Where the jobs of a test come from, go to and belong. */
export interface Ground {
  readonly database: Database;
  readonly sourceId: string;
  readonly destinationId: string;
  readonly projectId: string;
}

interface Shape {
  readonly run: 'requested' | 'running' | 'ended';
  readonly control?: 'pause' | 'cancel';
  readonly waits?: true;
  /** States of its studies. */
  readonly tasks: readonly TaskState[];
}

/** What the rows of a job in each state look like. */
const SHAPES: Readonly<Record<JobState, Shape>> = {
  pending: { run: 'requested', tasks: ['pending'] },
  waiting: { run: 'running', waits: true, tasks: ['pending'] },
  running: { run: 'running', tasks: ['running', 'failure', 'warning'] },
  pausing: { run: 'running', control: 'pause', tasks: ['running'] },
  paused: { run: 'running', control: 'pause', tasks: ['pending'] },
  canceling: { run: 'running', control: 'cancel', tasks: ['running'] },
  canceled: { run: 'ended', control: 'cancel', tasks: ['canceled'] },
  success: { run: 'ended', tasks: ['success'] },
  warning: { run: 'ended', tasks: ['warning'] },
  failure: { run: 'ended', tasks: ['failure'] },
};

/** Jobs as rows only, which nothing works on. Returns their ids. */
export async function enterJobs(ground: Ground, title: string, state: JobState, count = 1): Promise<string[]> {
  return enterShape(ground, title, SHAPES[state], count);
}

/** A job, as rows only, with one study in each of these states. */
export async function enterJobWith(ground: Ground, title: string, tasks: readonly TaskState[]): Promise<string> {
  const [id = ''] = await enterShape(ground, title, { run: 'running', tasks }, 1);
  return id;
}

async function enterShape(ground: Ground, title: string, shape: Shape, count: number): Promise<string[]> {
  const { client } = ground.database;
  const { id: ownerId } = await client.user.findFirstOrThrow({ where: { username: 'admin' } });
  const ids = Array.from({ length: count }, () => uuidv7());
  const { projectId, sourceId, destinationId } = ground;
  const job = { kind: 'selective', projectId, ownerId, title, pseudonymize: true };
  await client.job.createMany({ data: ids.map((id) => ({ id, idempotencyKey: id, ...job })) });
  await client.jobRun.createMany({ data: ids.map((jobId) => ({ jobId, runNo: 1, state: shape.run })) });
  const rows = ids.flatMap((jobId) => shape.tasks.map((_, index) => ({ jobId, taskNo: index + 1 })));
  const study = { sourceId, destinationId, studyInstanceUid: '1.2.3' };
  await client.task.createMany({ data: rows.map((row) => ({ id: uuidv7(), ...row, ...study })) });
  for (const [index, state] of shape.tasks.entries())
    await client.task.updateMany({ where: { jobId: { in: ids }, taskNo: index + 1 }, data: { state } });
  const wait = shape.waits ? { kind: 'not-before', until: '2100-01-01T00:00:00Z' } : undefined;
  await client.job.updateMany({
    where: { id: { in: ids } },
    data: { control: shape.control ?? 'run', ...(wait && { wait }) },
  });
  return ids;
}

/** A second person, who operates and has the password of the administrator. Returns the user name. */
export async function enterOperator({ client }: Database): Promise<string> {
  const [id, username] = [uuidv7(), 'operator'];
  const { password } = await client.account.findFirstOrThrow({ where: { user: { username: 'admin' } } });
  const account = { id: uuidv7(), accountId: id, providerId: 'credential', password };
  const names = { name: 'Second Operator', email: 'operator@viaduct.invalid', username, displayUsername: username };
  await client.user.create({ data: { id, ...names, role: 'operator', accounts: { create: account } } });
  return username;
}

/** Keeps the api from repairing rows that no workflow stands behind, until it is disposed of. */
export async function withoutRepairs({ pool }: Database): Promise<AsyncDisposable> {
  const client = await pool.connect();
  await client.query(`SELECT pg_advisory_lock(hashtextextended('viaduct/reconcile', 0))`);
  return {
    [Symbol.asyncDispose]: async () => {
      await client.query(`SELECT pg_advisory_unlock(hashtextextended('viaduct/reconcile', 0))`);
      client.release();
    },
  };
}
