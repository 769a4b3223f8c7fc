import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '@viaduct/client';
import { temporaryFolder } from '@viaduct/testing';
import { createJob, createNode, jobWhen, tasksOf } from '@viaduct/testing/product';
import { openLive, shows, signInPage } from './jobPage.ts';
import type { Scene } from './scene.ts';
import { openStage, type Stage } from './stage.ts';

const token = (prefix: string) => prefix + randomBytes(5).toString('hex');
/** Words that occur nowhere else; mixed case, so that a change of case is noticed. */
const TOKENS = { name: token('Qz'), id: token('Wv'), accession: token('Jx') };
const NAMESPACE = 'dicom';

describe('unique words in a study, transferred in every way', () => {
  let stage: Stage;
  let scene: Scene;
  let page: Page;
  const jobs: Job[] = [];
  /** Command lines of all processes of the machine, as they were while work was going on. */
  const commandLines = new Set<string>();
  /** Addresses the browser asked for. */
  const addresses: string[] = [];

  beforeAll(async () => {
    stage = await openStage({
      signedIn: false,
      studies: [
        {
          label: 'private',
          instances: 20,
          patientName: `${TOKENS.name}^${TOKENS.name}`,
          patientId: TOKENS.id,
          accessionNumber: TOKENS.accession,
        },
      ],
    });
    ({ scene, page } = stage);
    page.on('request', (request) => addresses.push(request.url(), request.headers()['referer'] ?? ''));
    await signInPage(page);
    await searchOnPage();
    await transferInEveryWay();
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  /** Searches by each of the words, on the page. */
  async function searchOnPage(): Promise<void> {
    for (const [label, value] of [
      ['Patient ID', TOKENS.id],
      ['Patient name', TOKENS.name],
      ['Accession number', TOKENS.accession],
    ] as const) {
      await openLive(page, '/transfer');
      await page.getByRole('checkbox', { name: 'Source', exact: true }).check();
      await page.getByLabel(label, { exact: true }).fill(value);
      await page.getByRole('button', { name: 'Search', exact: true }).click();
      await page.getByText(new RegExp(`^Source answered`)).waitFor();
      await page.getByText(TOKENS.name).first().waitFor();
    }
  }

  /** Pseudonymized, identified, into a folder, and in ways that fail at either end. */
  async function transferInEveryWay(): Promise<void> {
    const [study] = scene.studies;
    const folder = path.join(scene.product.home, 'folders', 'identified');
    await mkdir(path.dirname(folder), { recursive: true });
    const folderNode = await createNode(scene.client, { kind: 'folder', name: 'Folder', path: folder });
    const start = (pseudonymize: boolean, destinationId: string, pseudonym?: string) =>
      createJob(scene.client, {
        kind: 'selective',
        projectId: scene.projectId,
        destinationId,
        pseudonymize,
        pseudonym,
        urgent: false,
        studies: [{ sourceId: scene.sourceId, studyInstanceUid: study?.studyInstanceUID ?? '' }],
      });
    await ended(await start(true, scene.destinationId));
    await ended(await start(false, scene.destinationId));
    await ended(await start(false, folderNode.id));
    await scene.source.setFaults({ withhold: [study?.instances[3]?.sopInstanceUID ?? ''] });
    await ended(await start(true, folderNode.id), 'failure');
    await scene.source.setFaults({});
    await scene.destination.setFaults({ refuseAssociation: 'calling' });
    await ended(await start(true, scene.destinationId), 'failure');
    await scene.destination.setFaults({});
    await openLive(page, `/jobs/${jobs[1]?.id}/tasks/1`);
    await shows(page, 'Done');
  }

  async function ended(job: Job, state: Job['state'] = 'success'): Promise<void> {
    jobs.push(job);
    const isEnded = async () => {
      for (const line of await readCommandLines()) commandLines.add(line);
      return true;
    };
    await isEnded();
    const last = await jobWhen(scene.client, job.id, ({ endedAt }) => endedAt !== null, 'job to end');
    await isEnded();
    expect(last.state).toBe(state);
  }

  test('they are where they belong: in the study of the source, in the identified folder, on the page of the task', async () => {
    expect(await tracesIn(scene.sourceFolder)).not.toEqual([]);
    expect(await tracesIn(path.join(scene.product.home, 'folders', 'identified'))).not.toEqual([]);
    const [task] = await tasksOf(scene.client, jobs[0]?.id ?? '');
    expect(task).toMatchObject({ patientId: TOKENS.id });
  });

  test('the search for them finds every form of them', async () => {
    await using planted = await temporaryFolder();
    for (const [index, form] of formsOf(TOKENS.id).entries()) {
      const file = path.join(planted.path, `${index}.log`);
      await writeFile(file, Buffer.concat([Buffer.from('{"msg":"'), form, Buffer.from('"}')]));
      expect(await tracesIn(planted.path)).toContain(file);
    }
    const inside = Buffer.from(`{"patientId":"${TOKENS.id}"}`).toString('base64');
    await writeFile(path.join(planted.path, 'payload'), inside);
    expect(await tracesIn(planted.path)).toContain(path.join(planted.path, 'payload'));
  });

  test('they are in no log', async () => {
    const logs = path.join(scene.product.home, 'logs');
    expect((await readdir(logs)).sort()).toEqual(
      expect.arrayContaining(['api.log', 'postgres.log', 'temporal.log', 'web.log', 'worker.log']),
    );
    // Routes are written down as templates, never as they were asked for.
    const routes = await readFile(path.join(logs, 'api.log'), 'utf8');
    expect(routes).toContain('"/searches/{id}/events"');
    expect(routes).not.toContain(jobs[0]?.id);
    expect(await tracesIn(logs)).toEqual([]);
    expect(traceIn(Buffer.from(scene.product.output()))).toBeUndefined();
  });

  test('they are in no file of the Temporal database', async () => {
    const folder = path.join(scene.product.home, 'temporal');
    const files = await filesBelow(folder);
    expect(files.some((file) => file.endsWith('-wal'))).toBe(true);
    // What is there in clear is found: the ids of the jobs.
    const contents = Buffer.concat(await Promise.all(files.map((file) => readFile(file))));
    for (const job of jobs) expect(contents.includes(job.id)).toBe(true);
    expect(await tracesIn(folder)).toEqual([]);
  });

  test('they are in no workflow id and in nothing that Temporal tells in clear', async () => {
    const address = temporalAddress(await readCommandLines(), scene.product.home);
    const connection = await Connection.connect({ address });
    try {
      const client = new Client({ connection, namespace: NAMESPACE });
      const ids: string[] = [];
      for await (const execution of client.workflow.list()) {
        ids.push(execution.workflowId);
        expect(traceIn(Buffer.from(JSON.stringify(execution.raw)))).toBeUndefined();
      }
      expect(ids).toEqual(expect.arrayContaining(jobs.map((job) => `job/${job.id}/run/1`)));
      expect(traceIn(Buffer.from(ids.join('\n')))).toBeUndefined();
    } finally {
      await connection.close();
    }
  });

  test('they are in no command line', () => {
    const lines = [...commandLines];
    expect(lines.some((line) => line.includes('activities/src/main.ts'))).toBe(true);
    expect(lines.filter((line) => traceIn(Buffer.from(line)))).toEqual([]);
  });

  test('they are in no address that a page asked for', () => {
    expect(addresses.some((address) => address.includes('/api/v1/searches'))).toBe(true);
    expect(addresses.filter((address) => traceIn(Buffer.from(address)))).toEqual([]);
  });
});

/** A word as it may have been written: as it is or in another case, in UTF-8, UTF-16, hexadecimal or base64. */
function formsOf(word: string): Buffer[] {
  const cases = [word, word.toUpperCase(), word.toLowerCase()];
  return cases.flatMap((text) => [
    Buffer.from(text),
    Buffer.from(text, 'utf16le'),
    Buffer.from(Buffer.from(text).toString('hex')),
    ...[0, 1, 2].map((offset) => Buffer.from(insideBase64(text, offset))),
  ]);
}

/** What base64 makes of a text that begins at `offset` modulo 3, without the characters that its neighbours decide. */
function insideBase64(text: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
  const whole = Math.floor((bytes.length * 8) / 6);
  return bytes.toString('base64').slice(Math.ceil((offset * 8) / 6), whole);
}

const FORMS = Object.entries(TOKENS).flatMap(([name, word]) => formsOf(word).map((form) => ({ name, form })));

/** Which of the words is in there, in whatever form. */
function traceIn(contents: Buffer): string | undefined {
  return FORMS.find(({ form }) => contents.includes(form))?.name;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** Files below a folder in which one of the words is found. */
async function tracesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const file of await filesBelow(folder)) if (traceIn(await readFile(file)) !== undefined) found.push(file);
  return found;
}

/** The command lines of all processes. */
async function readCommandLines(): Promise<string[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = (number: string) => readFile(`/proc/${number}/cmdline`, 'utf8').catch(() => '');
  const lines = await Promise.all(numbers.map(read));
  return lines.filter((line) => line !== '').map((line) => line.replaceAll('\0', ' '));
}

function temporalAddress(lines: readonly string[], home: string): string {
  const own = lines.find((line) => line.includes('server start-dev') && line.includes(home));
  return `127.0.0.1:${/--port (\d+)/.exec(own ?? '')?.[1]}`;
}
