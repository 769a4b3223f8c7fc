import path from 'node:path';
import type { Job, Node, ScheduleInput, Study, ViaductClient } from '@viaduct/client';
import { spawnPacs, temporaryFolder, waitFor, writeStudy, type SpawnedPacs } from '@viaduct/testing';
import { answered, ask, createJob, createNode, jobNow, jobWhen, signIn, startProduct } from '@viaduct/testing/product';
import type { Product } from '@viaduct/testing/product';

/** The product with demo data and with jobs in every state that lasts, as pictures and tests of all pages need it. */
export interface Gallery extends AsyncDisposable {
  readonly product: Product;
  readonly client: ViaductClient;
  /** The jobs by what they show. */
  readonly jobs: Readonly<Record<'done' | 'failed' | 'running' | 'tonight' | 'paused' | 'canceled' | 'held', Job>>;
  readonly nodes: readonly Node[];
}

/** Every page that shows something, by the name of its picture. */
export const PAGES = {
  dashboard: () => '/',
  transfer: () => '/transfer',
  jobs: () => '/jobs',
  job: ({ jobs }) => `/jobs/${jobs.running.id}`,
  question: ({ jobs }) => `/jobs/${jobs.running.id}?ask=cancel`,
  failures: ({ jobs }) => `/jobs/${jobs.failed.id}?tab=failures`,
  timeline: ({ jobs }) => `/jobs/${jobs.running.id}?tab=timeline`,
  manifest: ({ jobs }) => `/jobs/${jobs.failed.id}?tab=manifest`,
  settings: ({ jobs }) => `/jobs/${jobs.tonight.id}?tab=settings`,
  log: ({ jobs }) => `/jobs/${jobs.paused.id}?tab=log`,
  clone: ({ jobs }) => `/jobs/${jobs.failed.id}/clone`,
  task: ({ jobs }) => `/jobs/${jobs.failed.id}/tasks/1`,
  queue: () => '/queue',
  nodes: () => '/nodes',
  node: ({ nodes }) => `/nodes/${nodes.find(({ name }) => name === 'Archive')?.id}`,
  'new-server': () => '/nodes/new?kind=server',
  receiver: () => '/receiver',
  projects: () => '/projects',
  profiles: () => '/profiles',
  profile: () => '/profiles/research',
  account: () => '/account',
  find: () => '/find',
  help: () => '/help',
  'no-page': () => '/nothing-here',
} as const satisfies Readonly<Record<string, (gallery: Pick<Gallery, 'jobs' | 'nodes'>) => string>>;
export type PageName = keyof typeof PAGES;
export const PAGE_NAMES = Object.keys(PAGES) as PageName[];

/** The archive of the running job. Once that has come far enough to be seen, the archive all but stands still. */
const ARCHIVE = { delayMs: 60, parkedMs: 100_000, studies: 18, images: 12, bytesPerImage: 65_536 } as const;

/** Studies of a server, as its search finds them, newest first. */
async function studiesOf(client: ViaductClient, sourceId: string): Promise<readonly Study[]> {
  const { id } = await answered(client.POST('/api/v1/searches', { body: { sourceIds: [sourceId], patientId: '*' } }));
  const ended = async () => {
    const search = await answered(client.GET('/api/v1/searches/{id}', { params: { path: { id } } }));
    return search.state === 'searching' ? undefined : search.studies;
  };
  return waitFor(ended, { deadlineMs: 20_000, what: 'the search to end' });
}

/** Hours that do not begin for some more hours, whenever the pictures are taken. */
function tonight(): ScheduleInput {
  const at = (hours: number) => `${String((new Date().getUTCHours() + hours) % 24).padStart(2, '0')}:00`;
  return { windows: { timeZone: 'UTC', weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: at(4), to: at(12) }] } };
}

/** Starts the product with demo data and works with it until there is something of everything to see. */
export async function openGallery(): Promise<Gallery> {
  await using stack = new AsyncDisposableStack();
  const product = stack.use(await startProduct({ demo: true, env: { VIADUCT_HOST_NAME: 'worker' } }));
  const folder = stack.use(await temporaryFolder('viaduct-gallery-'));
  for (let index = 1; index <= ARCHIVE.studies; index++) {
    await writeStudy(path.join(folder.path, 'archive'), {
      label: `archive-${index}`,
      instances: ARCHIVE.images,
      series: 2,
      bytesPerInstance: ARCHIVE.bytesPerImage,
      patientId: `A-${2000 + index}`,
      patientName: `Example^Patient ${index}`,
      description: 'CT thorax',
      date: `20240${1 + (index % 9)}${10 + (index % 18)}`,
    });
  }
  const archive = stack.use(
    await spawnPacs({
      dir: path.join(folder.path, 'archive'),
      aeTitle: 'ARCHIVE',
      faults: { delayMs: ARCHIVE.delayMs },
    }),
  );
  const client = await signIn(product);
  const jobs = await work(client, archive);
  const nodes = (await answered(client.GET('/api/v1/nodes'))).items;
  const rest = stack.move();
  return { product, client, jobs, nodes, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

/** Nobody lets pass what may show who a patient is. */
async function rejectImages(client: ViaductClient): Promise<void> {
  const waiting = (await answered(client.GET('/api/v1/review'))).items;
  for (const { id } of waiting) {
    const decision = { params: { path: { id } }, body: { decision: 'reject' as const, alike: true } };
    await client.POST('/api/v1/review/{id}/decision', decision);
  }
}

async function work(client: ViaductClient, archive: SpawnedPacs): Promise<Gallery['jobs']> {
  const server = { kind: 'server' as const, host: '127.0.0.1', maySource: true };
  const slow = await createNode(client, {
    ...server,
    name: 'Archive',
    aeTitle: 'ARCHIVE',
    port: archive.port,
    maxAssociations: 2,
    responseTimeoutMs: 2 * ARCHIVE.parkedMs,
  });
  const old = await createNode(client, { ...server, name: 'Old archive', aeTitle: 'OLD', port: 11_199 });
  const suspension = { params: { path: { id: old.id } }, body: { reason: 'Moves to new hardware until Monday.' } };
  await answered(client.POST('/api/v1/nodes/{id}/suspend', suspension));

  const nodes = (await answered(client.GET('/api/v1/nodes'))).items;
  const projects = (await answered(client.GET('/api/v1/projects'))).items;
  const idOf = (name: string) => nodes.find((node) => node.name === name)?.id ?? '';
  const [demo, folder] = [idOf('Demo PACS A'), idOf('Demo folder')];
  const found = { [demo]: await studiesOf(client, demo), [slow.id]: await studiesOf(client, slow.id) };
  const start = (title: string, sourceId: string, those: (study: Study) => boolean, more: object = {}) =>
    createJob(client, {
      kind: 'selective',
      projectId: projects[0]?.id ?? '',
      destinationId: folder,
      pseudonymize: true,
      urgent: false,
      title,
      studies: (found[sourceId] ?? []).filter(those).map(({ studyInstanceUid }) => ({ sourceId, studyInstanceUid })),
      ...more,
    });
  const isCt = ({ modalities }: Study) => modalities.includes('CT');
  const ended = (job: Job, state: Job['state']) => jobWhen(client, job.id, (now) => now.state === state, state);

  const done = await start('CT trauma', demo, ({ studyDescription }) => studyDescription === 'CT trauma');
  // The last one has been deleted meanwhile.
  const known = (found[demo] ?? []).map(({ studyInstanceUid }) => studyInstanceUid);
  const failed = await start('Everything of 2026', demo, () => true, {
    destinationId: idOf('Demo PACS B'),
    studies: [...known, '2.25.2026'].map((studyInstanceUid) => ({ sourceId: demo, studyInstanceUid })),
  });
  await ended(done, 'success');
  const rejected = async () => {
    await rejectImages(client);
    return (await jobNow(client, failed.id)).state === 'failure';
  };
  await waitFor(rejected, { deadlineMs: 180_000, intervalMs: 500, what: 'a failure' });
  const canceled = await start('Chosen by mistake', slow.id, () => true);
  await jobWhen(client, canceled.id, ({ tasks }) => tasks.running > 0, 'a running study');
  await ask(client, canceled.id, { action: 'cancel' });
  await ended(canceled, 'canceled');
  const paused = await start('Head MR', demo, ({ modalities }) => modalities.includes('MR'), { schedule: tonight() });
  await ask(client, paused.id, { action: 'pause' });
  await ended(paused, 'paused');
  const running = await start('Thorax CT 2024', slow.id, () => true, { urgent: true });
  const night = await start('Follow-up of the thorax CTs', demo, isCt, { schedule: tonight() });
  const held = await start('Second reading', slow.id, ({ patientId }) => patientId !== 'A-2001');
  await jobWhen(client, running.id, ({ tasks }) => tasks.success > 2, 'studies to arrive');
  await archive.setFaults({ delayMs: ARCHIVE.parkedMs });
  return { done, failed, running, tonight: night, paused, canceled, held };
}
