/**
 * A job of 100,000 studies while it runs: how long pages and their questions to the API take beside the same questions
 * about a job of ten, how many messages a second an event stream sends, and whether the memory of api and web stays
 * flat. The studies are unknown to their source, so that they end as fast as Viaduct can work them off.
 *
 *   node bench/src/manyTasks.ts [--tasks 100000] [--seconds 60]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createClient } from '@viaduct/client';
import { spawnPacs, temporaryFolder } from '@viaduct/testing';
import { createJob, createNode, createProject, jobNow, sessionOf, startProduct } from '@viaduct/testing/product';
import type { Product } from '@viaduct/testing/product';

const { values } = parseArgs({
  options: { tasks: { type: 'string', default: '100000' }, seconds: { type: 'string', default: '60' } },
});
const tasks = Number(values.tasks);
const seconds = Number(values.seconds);

/** Something that is asked of the product; with a body it is posted. */
interface Question {
  readonly route: string;
  readonly body?: object;
}

interface Times {
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

function timesOf(samples: readonly number[]): Times {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { median: at(0.5), p95: at(0.95), max: at(1) };
}

/** Resident memory in MB. */
function memory(product: Product, name: 'api' | 'web'): number {
  const status = readFileSync(`/proc/${product.pid(name)}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

/** Messages of an event stream until the signal ends it. */
async function countMessages(url: string, cookie: string, signal: AbortSignal): Promise<number> {
  let messages = 0;
  try {
    const { body } = await fetch(url, { headers: { cookie, accept: 'text/event-stream' }, signal });
    let rest = '';
    for await (const chunk of body ?? []) {
      const parts = (rest + Buffer.from(chunk).toString('utf8')).split('\n\n');
      rest = parts.pop() ?? '';
      messages += parts.filter((part) => part.includes('data:')).length;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return messages;
}

await using folder = await temporaryFolder('viaduct-bench-pacs-');
await using pacs = await spawnPacs({ aeTitle: 'SOURCE', dir: folder.path });
await using product = await startProduct();
const cookie = await sessionOf(product);
const client = createClient({ baseUrl: product.url, headers: { cookie, origin: product.url } });
const server = { kind: 'server' as const, host: '127.0.0.1', maxAssociations: 8, retrieveMethod: 'c-get' as const };
const source = await createNode(client, { ...server, name: 'Source', aeTitle: 'SOURCE', port: pacs.port });
const target = await createNode(client, { ...server, name: 'Target', aeTitle: 'TARGET', port: pacs.port });
const project = await createProject(client, 'Bench');

async function startJob(count: number): Promise<string> {
  const studies = Array.from({ length: count }, (_, index) => ({
    sourceId: source.id,
    studyInstanceUid: `1.2.826.0.1.3680043.10.1.${count}.${index + 1}`,
  }));
  const began = performance.now();
  const { id } = await createJob(client, {
    kind: 'selective',
    projectId: project.id,
    destinationId: target.id,
    pseudonymize: false,
    urgent: false,
    studies,
  });
  console.log(`a job of ${count} studies was made in ${Math.round(performance.now() - began)} ms`);
  return id;
}

const small = await startJob(10);
const large = await startJob(tasks);

/** What people look at and ask for while a job runs; the bulk ones say the effect and change nothing. */
const questions = (id: string, count: number): Record<string, Question> => ({
  'API: jobs': { route: '/api/v1/jobs' },
  'API: job': { route: `/api/v1/jobs/${id}` },
  'API: tasks': { route: `/api/v1/jobs/${id}/tasks?limit=100` },
  'API: tasks, far down': { route: `/api/v1/jobs/${id}/tasks?limit=100&cursor=${Math.floor(count * 0.9)}` },
  'API: failed tasks': { route: `/api/v1/jobs/${id}/tasks?limit=100&state=failure` },
  'API: tasks by text': { route: `/api/v1/jobs/${id}/tasks?limit=100&q=thorax` },
  'API: failures by cause': { route: `/api/v1/jobs/${id}/failures` },
  'API: log': { route: `/api/v1/jobs/${id}/log` },
  'API: queue': { route: '/api/v1/queue' },
  'API: dashboard': { route: '/api/v1/dashboard' },
  'API: bulk, all tasks': {
    route: `/api/v1/jobs/${id}/tasks/actions`,
    body: { action: 'cancel', selection: { filter: {} }, dryRun: true },
  },
  'API: bulk, failed tasks': {
    route: `/api/v1/jobs/${id}/tasks/actions`,
    body: { action: 'retry-failed', selection: { filter: { state: ['failure'] } }, dryRun: true },
  },
  'API: bulk, all of a node': {
    route: '/api/v1/bulk',
    body: { action: 'pause', target: { nodeId: source.id }, dryRun: true },
  },
  'page: jobs': { route: '/jobs' },
  'page: job': { route: `/jobs/${id}` },
  'page: failed tasks': { route: `/jobs/${id}?state=failure` },
});

async function ask({ route, body }: Question): Promise<number> {
  const began = performance.now();
  const headers = { cookie, origin: product.url, 'content-type': 'application/json' };
  const answer = await fetch(
    product.url + route,
    body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers },
  );
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${route}: ${answer.status}`);
  return performance.now() - began;
}

const memories: { api: number; web: number }[] = [];
const end = AbortSignal.timeout(seconds * 1_000);
const streams = Promise.all(
  [`/api/v1/events?job=${large}`, `/api/v1/events?topic=jobs&row=${large}`].map((route) =>
    countMessages(product.url + route, cookie, end),
  ),
);
const samples = new Map<string, { large: number[]; small: number[] }>();
while (!end.aborted) {
  const ofSmall = questions(small, 10);
  for (const [name, question] of Object.entries(questions(large, tasks))) {
    const times = samples.get(name) ?? { large: [], small: [] };
    samples.set(name, times);
    times.large.push(await ask(question));
    times.small.push(await ask(ofSmall[name] ?? question));
  }
  memories.push({ api: memory(product, 'api'), web: memory(product, 'web') });
}
const counts = await streams;
console.table(
  Object.fromEntries(
    [...samples].map(([name, times]) => {
      const [large, small] = [timesOf(times.large), timesOf(times.small)];
      const ratio = Number((large.median / Math.max(1, small.median)).toFixed(2));
      return [name, { ...large, 'median of 10': small.median, ratio }];
    }),
  ),
);
console.log(`messages a second: job ${(counts[0] ?? 0) / seconds}, job list ${(counts[1] ?? 0) / seconds}`);
console.log('studies at the end:', (await jobNow(client, large)).tasks);
const every = Math.ceil(memories.length / 12);
console.log('resident memory, MB:');
console.table(memories.filter((_memory, index) => index % every === 0));
