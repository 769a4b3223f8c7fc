import { randomUUID } from 'node:crypto';
import type {
  ActionInput,
  Instance,
  Job,
  JobInput,
  JobState,
  Node,
  NodeInput,
  Task,
  ViaductClient,
} from '@viaduct/client';
import { waitFor } from '../services/index.ts';

/** The data of an answer, or an error that shows the problem. */
export async function answered<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (data === undefined) throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`);
  return data;
}

/** Makes a node. */
export function createNode(client: ViaductClient, body: NodeInput): Promise<Node> {
  return answered(client.POST('/api/v1/nodes', { body }));
}

/** Makes a project. */
export async function createProject(client: ViaductClient, name: string): Promise<{ id: string }> {
  return answered(client.POST('/api/v1/projects', { body: { name } }));
}

/** Makes a job with an idempotency key of its own. */
export function createJob(client: ViaductClient, body: JobInput): Promise<Job> {
  return answered(client.POST('/api/v1/jobs', { body, params: { header: { 'idempotency-key': randomUUID() } } }));
}

/** The job as it is now. */
export function jobNow(client: ViaductClient, id: string): Promise<Job> {
  return answered(client.GET('/api/v1/jobs/{id}', { params: { path: { id } } }));
}

/** Waits until a condition about the job holds. The api may be away meanwhile. */
export function jobWhen(
  client: ViaductClient,
  id: string,
  holds: (job: Job) => boolean,
  what: string,
  deadlineMs = 60_000,
): Promise<Job> {
  let last: Job | undefined;
  const ask = async () => {
    last = await jobNow(client, id).catch(() => last);
    return last && holds(last) ? last : undefined;
  };
  return waitFor(ask, { deadlineMs, intervalMs: 200, what }).catch((error: unknown) => {
    throw new Error(
      `${String(error)}; the job is ${JSON.stringify({ state: last?.state, wait: last?.wait, tasks: last?.tasks, instances: last?.instances })}`,
    );
  });
}

/** Waits for a state of the job. */
export function jobIs(client: ViaductClient, id: string, state: JobState, deadlineMs?: number): Promise<Job> {
  return jobWhen(client, id, (job) => job.state === state, `job to be ${state}`, deadlineMs);
}

/** Asks for something; the answer is the request as taken. */
export function ask(client: ViaductClient, id: string, body: ActionInput) {
  return answered(client.POST('/api/v1/jobs/{id}/actions', { params: { path: { id } }, body }));
}

/** The tasks of a job (first page). */
export async function tasksOf(client: ViaductClient, id: string): Promise<Task[]> {
  return (await answered(client.GET('/api/v1/jobs/{id}/tasks', { params: { path: { id }, query: { limit: 100 } } })))
    .items;
}

/** The ledger of a task, every page of it. */
export async function ledgerOf(client: ViaductClient, id: string, no: number): Promise<Instance[]> {
  const rows: Instance[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: 200, cursor };
    const page = await answered(
      client.GET('/api/v1/jobs/{id}/tasks/{no}/ledger', { params: { path: { id, no }, query } }),
    );
    rows.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return rows;
}
