import { mkdir, readdir, rename, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Failure, Node, NodeInput } from '@viaduct/client';
import { freePort, spawnPacs, startPacs, temporaryFolder } from '@viaduct/testing';
import type { Faults, TemporaryFolder, WrittenStudy } from '@viaduct/testing';
import { answered, createJob, createNode, jobIs, jobWhen, tasksOf } from '@viaduct/testing/product';
import { signInPage } from './jobPage.ts';
import type { Scene } from './scene.ts';
import { openStage, type Stage } from './stage.ts';

/** Time-outs of the nodes here, ms. */
const PATIENCE_MS = 1_000;
/** What browser, api and a busy machine may add to a time-out, ms. */
const MARGIN_MS = 5_000;
/** Six attempts, each later than the one before, ms. */
const JOB_FAILS_WITHIN_MS = 60_000;
const UNKNOWN_STUDY = '1.2.826.0.1.3680043.10.999.1';

let stage: Stage;
let scene: Scene;
let page: Page;
let outside: TemporaryFolder;

beforeAll(async () => {
  stage = await openStage({ studies: [{ label: 'bad-input', instances: 3 }], signedIn: false });
  ({ scene, page } = stage);
  outside = await temporaryFolder();
});
afterAll(async () => {
  await outside?.[Symbol.asyncDispose]();
  await stage?.[Symbol.asyncDispose]();
});

test('a wrong password is refused in words, without saying whether the name exists', async () => {
  for (const username of ['admin', 'nobody']) {
    await page.goto('/sign-in');
    await page.getByLabel('User name').fill(username);
    await page.getByLabel('Password').fill('not-the-password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('User name or password is not right.').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/sign-in');
  }
  await signInPage(page);
});

/** A peer that is wrong in one way, and where it is. */
interface Peer extends AsyncDisposable {
  readonly port: number;
}

async function faulty(faults: Faults): Promise<Peer> {
  return spawnPacs({ dir: path.join(outside.path, 'empty'), aeTitle: 'PACSA', faults });
}

async function strict(): Promise<Peer> {
  return startPacs({ dir: path.join(outside.path, 'empty'), aeTitle: 'PACSA', callingAETitles: ['SOMEBODY'] });
}

async function closed(): Promise<Peer> {
  return { port: await freePort(), [Symbol.asyncDispose]: () => Promise.resolve() };
}

const SERVERS: readonly {
  readonly what: string;
  readonly peer: () => Promise<Peer>;
  readonly cause: string;
  readonly says: (name: string, port: number) => string;
  /** It is suspended after some vain contacts, and its work waits with these words. */
  readonly waits?: (name: string, port: number) => string;
}[] = [
  {
    what: 'that does not know the name it is called by',
    peer: () => faulty({ refuseAssociation: 'called' }),
    cause: 'called-ae-rejected',
    says: (name) => `${name} does not know the name ‘PACSA’. Check the AE title of this node.`,
  },
  {
    what: 'that does not accept our name',
    peer: strict,
    cause: 'calling-ae-rejected',
    says: (name) =>
      `${name} does not accept us as ‘VIADUCT’. Its administrator has to register this name with our address.`,
  },
  {
    what: 'that does not run',
    peer: closed,
    cause: 'connection-refused',
    says: (name, port) =>
      `${name} does not accept connections on 127.0.0.1:${port}. Is it running, and is the port right?`,
    waits: (name, port) => `${name} does not accept connections on 127.0.0.1:${port}.`,
  },
  {
    what: 'that accepts the connection and stays silent',
    peer: () => faulty({ silent: 'association' }),
    cause: 'silent-peer',
    says: (name) => `${name} accepted the connection but has not answered for 1 s. It may be hanging.`,
    waits: (name) => `${name} accepted the connection but has not answered.`,
  },
  {
    what: 'that accepts the association and stays silent',
    peer: () => faulty({ silent: 'requests' }),
    cause: 'silent-peer',
    says: (name) => `${name} accepted the connection but has not answered for 1 s. It may be hanging.`,
    waits: (name) => `${name} accepted the connection but has not answered.`,
  },
];

describe('a server', () => {
  const peers = new AsyncDisposableStack();
  const servers = new Map<string, { readonly node: Node; readonly port: number }>();

  beforeAll(async () => {
    await mkdir(path.join(outside.path, 'empty'));
    for (const [index, { what, peer }] of SERVERS.entries()) {
      const { port } = peers.use(await peer());
      const node = await createNode(scene.client, server(`PACS ${index + 1}`, port));
      servers.set(what, { node, port });
    }
  });
  afterAll(() => peers.disposeAsync());

  const given = (what: string) => {
    const found = servers.get(what);
    if (!found) throw new Error(`no server ${what}`);
    return found;
  };

  test.each(SERVERS)('$what is told apart when it is tested', async ({ what, says }) => {
    const { node, port } = given(what);
    await page.goto(`/nodes/${node.id}`);
    const begun = performance.now();
    await page.getByRole('button', { name: 'Test now' }).click();
    await page.getByText('It does not work yet.').waitFor({ timeout: PATIENCE_MS + MARGIN_MS });
    expect(performance.now() - begun).toBeLessThan(PATIENCE_MS + MARGIN_MS);
    await page.getByText(says(node.name, port)).first().waitFor();
  });

  test.each(SERVERS)('$what is told apart when it is searched', async ({ what, says }) => {
    const { node, port } = given(what);
    const search = await answered(scene.client.POST('/api/v1/searches', { body: { sourceIds: [node.id] } }));
    const query = { wait: PATIENCE_MS + MARGIN_MS };
    const asked = scene.client.GET('/api/v1/searches/{id}', { params: { path: { id: search.id }, query } });
    expect((await answered(asked)).sources).toMatchObject([{ state: 'failed', sentence: says(node.name, port) }]);
  });

  describe('with a job', () => {
    const jobs = new Map<string, string>();
    // All of them at once: what may only be passing is tried again for a while before a job fails.
    beforeAll(async () => {
      for (const [what, { node }] of servers) jobs.set(what, await jobOf(UNKNOWN_STUDY, { sourceId: node.id }));
    });

    test.each(SERVERS.filter(({ waits }) => waits))('$what holds it up in the same words', async ({ what, waits }) => {
      const { node, port } = given(what);
      const job = jobs.get(what) ?? '';
      const held = await jobWhen(scene.client, job, ({ wait }) => wait?.kind === 'node-suspended', 'the job to wait');
      const sentence = waits?.(node.name, port) ?? '';
      expect(held.wait?.text).toContain(sentence);
      await page.goto(`/jobs/${job}`);
      await page.getByText(sentence).first().waitFor();
    });

    test.each(SERVERS.filter(({ waits }) => !waits))(
      '$what fails it in the same words',
      async ({ what, cause, says }) => {
        const { node, port } = given(what);
        const job = jobs.get(what) ?? '';
        expect((await failureOf(job))?.cause).toBe(cause);
        await page.goto(`/jobs/${job}/tasks/1`);
        await page.getByText(says(node.name, port)).first().waitFor();
      },
    );
  });
});

test('a study that the source does not have is said to be unknown', async () => {
  const job = await jobOf(UNKNOWN_STUDY);
  expect(await failureOf(job)).toEqual({
    cause: 'study-unknown',
    happened: 'Source does not have this study.',
    why: '',
    todo: 'It may have been moved or deleted; search for it again.',
  });
  await page.goto(`/jobs/${job}/tasks/1`);
  await page.getByText('Source does not have this study.').first().waitFor();
});

describe('a folder outside of the roots', () => {
  const REFUSAL =
    'The folder lies outside of the folders that Viaduct may write to. Choose a folder below one of them.';
  const root = () => path.join(scene.product.home, 'folders');

  test.each([
    ['elsewhere', () => outside.path],
    ['by two dots', () => `${root()}/../keys`],
    ['that only begins like a root', () => `${root()}-of-others`],
    ['not absolute', () => 'folders/relative'],
    ['by a symbolic link', () => path.join(root(), 'link')],
    ['below a symbolic link', () => path.join(root(), 'link', 'deeper')],
  ])('%s is refused as a node, in the form too', async (how, wanted) => {
    await mkdir(root(), { recursive: true });
    await symlink(outside.path, path.join(root(), 'link')).catch(() => undefined);
    const body: NodeInput = { kind: 'folder', name: `Folder ${how}`, path: wanted() };
    const { error, response } = await scene.client.POST('/api/v1/nodes', { body });
    expect(response.status).toBe(422);
    expect(error).toMatchObject({ errors: [{ path: 'path', message: REFUSAL }] });
  });

  test('is refused on the page', async () => {
    await page.goto('/nodes/new?kind=folder');
    await page.getByLabel('Name', { exact: true }).fill('Folder');
    await page.getByLabel('Folder', { exact: true }).fill(outside.path);
    await page.getByRole('button', { name: 'Create node' }).click();
    await page.getByText(REFUSAL).first().waitFor();
  });

  test('that became one later gets nothing', async () => {
    const folder = path.join(root(), 'honest');
    const node = await createNode(scene.client, { kind: 'folder', name: 'Honest folder', path: folder });
    await rename(folder, `${folder}-before`);
    const elsewhere = path.join(outside.path, 'elsewhere');
    await mkdir(elsewhere);
    await symlink(elsewhere, folder);
    const [study] = scene.studies;
    const job = await jobOf((study as WrittenStudy).studyInstanceUID, { destinationId: node.id });
    expect(await failureOf(job)).toMatchObject({
      cause: 'folder-outside-roots',
      happened: 'Honest folder lies outside of the folders that Viaduct may write to.',
    });
    expect(await readdir(elsewhere)).toEqual([]);
  });
});

function server(name: string, port: number): NodeInput {
  const patience = { connectTimeoutMs: PATIENCE_MS, associationTimeoutMs: PATIENCE_MS, responseTimeoutMs: PATIENCE_MS };
  return { kind: 'server', name, aeTitle: 'PACSA', host: '127.0.0.1', port, ...patience, idleTimeoutMs: PATIENCE_MS };
}

/** Starts a job of one study; from the source to the destination of the scene by default. */
async function jobOf(
  studyInstanceUid: string,
  { sourceId = scene.sourceId, destinationId = scene.destinationId } = {},
): Promise<string> {
  const { id } = await createJob(scene.client, {
    kind: 'selective',
    projectId: scene.projectId,
    destinationId,
    pseudonymize: true,
    urgent: false,
    studies: [{ sourceId, studyInstanceUid }],
  });
  return id;
}

/** Why the only study of a job failed. */
async function failureOf(job: string): Promise<Failure | undefined> {
  await jobIs(scene.client, job, 'failure', JOB_FAILS_WITHIN_MS);
  const [task] = await tasksOf(scene.client, job);
  return task?.failure;
}
