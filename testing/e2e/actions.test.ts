import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Job } from '@viaduct/client';
import type { JobState } from '@viaduct/domain';
import { openDatabase } from '@viaduct/prisma';
import { startPostgres, waitFor, type Faults } from '@viaduct/testing';
import { answered, ask, createJob, jobIs } from '@viaduct/testing/product';
import { launchBrowser } from '../src/browser.ts';
import type { TestBrowser } from '../src/browser.ts';
import { choose, confirm, openLive, openMenu, press, shows, showsUrgent, signInPage, tells } from './jobPage.ts';
import { Deeds, DEEDS_IN_RUNNING, DEEDS_IN_WAITING } from './deeds.ts';
import { enterJobs, enterJobWith, enterOperator, withoutRepairs, type Ground } from './jobRows.ts';
import { actionsOn, OF_JOBS, OF_STUDIES, refusedIn } from './offers.ts';
import { setScene, type Scene } from './scene.ts';

const LATER = { notBefore: '2100-01-01T00:00:00Z', windows: null, atClose: 'park', maxOverrunMs: 0 } as const;
const UNKNOWN_STUDY = '1.2.3.404';
/** A destination that changes what it keeps: a study that comes there ends with warnings. */
const CHANGED = { keepStatus: 0xb000 };

const stack = new AsyncDisposableStack();
let scene: Scene;
let browser: TestBrowser;
let ground: Ground;
let page: Page;

beforeAll(async () => {
  const postgres = stack.use(await startPostgres());
  const connectionString = await postgres.createDatabase('viaduct');
  const [small, large] = [
    { label: 'actions-small', instances: 3 },
    { label: 'actions-large', instances: 12 },
  ];
  scene = stack.use(await setScene({ studies: [small, large], product: { env: { DATABASE_URL: connectionString } } }));
  const database = stack.use(openDatabase({ connectionString }));
  stack.use(await withoutRepairs(database));
  const { sourceId, destinationId, projectId } = scene;
  ground = { database, sourceId, destinationId, projectId };
  browser = stack.use(await launchBrowser());
  page = await signedIn();
});
afterAll(() => stack.disposeAsync());

async function signedIn(username?: string, javaScript = true): Promise<Page> {
  const person = await browser.newPage({ baseUrl: scene.product.url, javaScript });
  await signInPage(person, username);
  return person;
}

type StudyName = 'small' | 'large' | 'unknown';
const studyUid = (study: StudyName): string =>
  (study !== 'unknown' && scene.studies[study === 'small' ? 0 : 1]?.studyInstanceUID) || UNKNOWN_STUDY;

/** A job of studies of the source, or of one that it does not know. */
function start(studies: readonly StudyName[], schedule?: typeof LATER): Promise<Job> {
  const { sourceId, destinationId, projectId } = ground;
  return createJob(scene.client, {
    kind: 'selective',
    projectId,
    destinationId,
    pseudonymize: true,
    urgent: false,
    ...(schedule && { schedule: { ...schedule } }),
    studies: studies.map((study) => ({ sourceId, studyInstanceUid: studyUid(study) })),
  });
}

/** A source that does not get `large` from its slow storage for as long as any test takes. */
const held = (): Faults => ({ nearline: { delayMs: 600_000, studies: [studyUid('large')] } });

/** Has the source and the destination play their faults until the test is finished. */
async function play(source: Faults, destination: Faults): Promise<void> {
  await scene.source.setFaults(source);
  await scene.destination.setFaults(destination);
  onTestFinished(async () => {
    await Promise.all([scene.source, scene.destination].map((pacs) => pacs.setFaults({})));
  });
}

/** Does something while the worker stands still. */
async function withoutWorker(act: () => Promise<void>): Promise<void> {
  const worker = scene.product.pid('worker');
  process.kill(worker, 'SIGSTOP');
  await act().finally(() => process.kill(worker, 'SIGCONT'));
}

// What a page offers it offers without scripts, too.
describe('in each state', () => {
  let plain: Page;
  beforeAll(async () => {
    plain = await signedIn('admin', false);
  });

  test('the page of a job offers what makes sense, and says why the rest does not', async () => {
    for (const [state, { row, menu }] of Object.entries(OF_JOBS)) {
      const [id] = await enterJobs(ground, `Offered while ${state}`, state as JobState);
      await plain.goto(`/jobs/${id}`);
      const refused = refusedIn(state as JobState);
      const expected = { state, row: row.toSorted(), menu: menu.toSorted(), refused, withoutReason: [] };
      expect({ state, ...(await actionsOn(plain)) }).toEqual(expected);
    }
  });

  test('the page of a study offers what makes sense', async () => {
    const states = OF_STUDIES.map(([state]) => state);
    const id = await enterJobWith(ground, 'Studies in every state', states);
    for (const [index, [state, row]] of OF_STUDIES.entries()) {
      await plain.goto(`/jobs/${id}/tasks/${index + 1}`);
      expect({ state, row: (await actionsOn(plain)).row }).toEqual({ state, row: row.toSorted() });
    }
  });
});

test('the menu of a job stays as it was opened, whatever becomes of the job meanwhile', async () => {
  const [id = ''] = await enterJobs(ground, 'Watched', 'running');
  await openLive(page, `/jobs/${id}`);
  await openMenu(page);
  const items = () => page.locator('details', { hasText: 'More actions' }).locator('.menu-item').allInnerTexts();
  const opened = await items();
  const { client } = ground.database;
  await client.task.updateMany({ where: { jobId: id }, data: { state: 'success' } });
  await client.jobRun.updateMany({ where: { jobId: id }, data: { state: 'ended' } });
  await shows(page, 'Done');
  expect(await items()).toEqual(opened);
  await page.keyboard.press('Escape');
  await waitFor(async () => String(await items()) !== String(opened), { what: 'the menu of a job that has ended' });
});

describe('every action works in every state that offers it', () => {
  let deeds: Deeds;
  beforeAll(() => {
    deeds = new Deeds(scene.client, page);
  });

  test('while the job waits, is paused and is canceled', async () => {
    const job = await start(['small', 'large'], LATER);
    await deeds.follow(job.id, DEEDS_IN_WAITING);
  });

  test('while the job runs, stops and is canceled in the middle', async () => {
    await play(held(), CHANGED);
    const job = await start(['unknown', 'small', 'large']);
    const hasEndings = ({ tasks }: Job) => tasks.failure === 1 && tasks.warning === 1;
    await deeds.follow(job.id, DEEDS_IN_RUNNING, hasEndings);
  });

  test('while its worker hangs in its cancellation', async () => {
    await play({ hangAfter: 1 }, { hangAfter: 1 });
    const job = await start(['large']);
    await waitFor(async () => (await scene.source.state()).events.some(({ what }) => what === 'hang'));
    await ask(scene.client, job.id, { action: 'cancel' });
    await jobIs(scene.client, job.id, 'canceling');
    await withoutWorker(() =>
      deeds.follow(job.id, [
        ['canceling', 'clone'],
        ['canceling', 'force-end'],
      ]),
    );
    await shows(page, 'Canceled');
  });

  test('before a worker has taken it up', async () => {
    const jobs: Job[] = [];
    await withoutWorker(async () => {
      for (let count = 0; count < 3; count++) jobs.push(await start(['small']));
      const [first, second, third] = jobs.map(({ id }) => id);
      await deeds.follow(first ?? '', [['pending', 'force-end']]);
      await deeds.follow(second ?? '', [
        ['pending', 'clone'],
        ['pending', 'cancel'],
      ]);
      await deeds.follow(third ?? '', [
        ['pending', 'set-priority'],
        ['pending', 'set-schedule', 'later'],
        ['pending', 'pause', 'interrupt'],
      ]);
    });
    await shows(page, 'Paused');
    await showsUrgent(page, true);
    for (const job of jobs.slice(0, 2)) await jobIs(scene.client, job.id, 'canceled');
  });

  test('after it has ended well', async () => {
    const job = await start(['small']);
    await deeds.follow(job.id, [
      ['success', 'restart'],
      ['success', 'clone'],
      ['success', 'delete'],
    ]);
  });

  test('after it has ended with warnings', async () => {
    await play(held(), CHANGED);
    const job = await start(['small', 'large']);
    const params = { path: { id: job.id, no: 2 } };
    const stop = () =>
      answered(scene.client.POST('/api/v1/jobs/{id}/tasks/{no}/actions', { params, body: { action: 'cancel' } }));
    await stop();
    await deeds.follow(job.id, [['warning', 'retry-failed']]);
    await stop();
    await deeds.follow(job.id, [
      ['warning', 'retry-warnings'],
      ['warning', 'restart'],
    ]);
    await stop();
    await deeds.follow(job.id, [
      ['warning', 'clone'],
      ['warning', 'delete'],
    ]);
  });

  test('after it has failed', async () => {
    await play({}, CHANGED);
    const job = await start(['unknown', 'small']);
    await deeds.follow(job.id, [
      ['failure', 'retry-failed'],
      ['failure', 'retry-warnings'],
      ['failure', 'restart'],
      ['failure', 'clone'],
      ['failure', 'delete'],
    ]);
  });

  test('and none is left out', () => {
    expect(deeds.left).toEqual([]);
  });
});

test('new jobs wait behind a bar until they are asked for, and only those that belong to the list', async () => {
  await openLive(page, '/jobs?state=failure&q=Behind');
  await page.getByText('No job matches these filters').waitFor();
  await enterJobs(ground, 'Behind the bar', 'success', 2);
  await enterJobs(ground, 'Behind the bar', 'failure', 3);
  await page.getByRole('button', { name: '3 other jobs have changed' }).click();
  await expect.poll(() => page.getByRole('cell', { name: 'Behind the bar' }).count()).toBe(3);
});

test('an action on 200 jobs asks once, in numbers, and tells what came of each', async () => {
  await enterJobs(ground, 'One of 200', 'success', 120);
  await enterJobs(ground, 'One of 200', 'paused', 80);
  await openLive(page, '/jobs?q=One+of+200');
  for (let pages = 1; ; pages++) {
    await page.getByText('One of 200').nth(49).waitFor();
    await page.getByLabel('Select all rows of this page').check();
    if (pages === 4) break;
    await page.getByRole('link', { name: 'Next' }).click();
    await page.waitForURL(/cursor=/);
    await page.getByText(`${50 * pages} selected`).waitFor();
    await expect.poll(() => page.getByLabel('Select all rows of this page').isChecked()).toBe(false);
  }
  await page.getByText('200 selected').waitFor();
  await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByText('120 jobs are asked to: be deleted.').waitFor();
  await dialog.getByText('80 jobs left out: It has not ended yet.').waitFor();
  await confirm(page, { typed: '120' });
  await page.getByRole('status').filter({ hasText: '120 jobs asked, 80 jobs left out.' }).waitFor();
  const results = page.getByRole('table', { name: 'What came of it' });
  expect(await results.getByRole('row').filter({ hasText: 'Left out' }).count()).toBe(80);
  expect(await results.getByRole('row').filter({ hasText: 'Asked' }).count()).toBe(120);
  const left = await ground.database.client.job.count({ where: { title: 'One of 200', deletedAt: null } });
  expect(left).toBe(80);
});

test('the schedule of several jobs is changed at once, and one that cannot be is asked for again', async () => {
  const ids = await enterJobs(ground, 'Rather later', 'paused', 2);
  await openLive(page, '/jobs?q=Rather+later');
  await page.getByLabel('Select all rows of this page').check();
  await page.getByRole('toolbar').getByRole('button', { name: 'Change schedule' }).click();
  const dialog = page.getByRole('alertdialog');
  await dialog.getByRole('radio', { name: 'not before' }).check();
  await confirm(page);
  await dialog.getByText('Enter date and time as').first().waitFor();
  expect(await dialog.getByRole('radio', { name: 'not before' }).isChecked()).toBe(true);
  await dialog.getByLabel('Date and time').fill('2100-02-03T04:05');
  await confirm(page);
  await page.getByRole('status').filter({ hasText: '2 jobs asked.' }).waitFor();
  const asked = await ground.database.client.request.findMany({ where: { jobId: { in: ids } } });
  const value = { notBefore: '2100-02-03T04:05:00.000Z', windows: null };
  expect(asked).toMatchObject([{ value }, { value }]);
});

describe('two people act on the same job at once', () => {
  let other: Page;
  beforeAll(async () => {
    other = await signedIn(await enterOperator(ground.database));
  });

  test('what the second one asks makes no sense any more: it is refused, and both see the truth', async () => {
    const job = await start(['small'], LATER);
    await Promise.all([page, other].map((person) => openLive(person, `/jobs/${job.id}`)));
    await choose(page, 'pause');
    await press(other, 'cancel');
    await shows(other, 'Canceled');
    await confirm(page, 'interrupt');
    await page.getByRole('alert').filter({ hasText: 'The job has already ended.' }).waitFor();
    await Promise.all([page, other].map((person) => shows(person, 'Canceled')));
    await Promise.all([page, other].map((person) => tells(person, /^Cancel by Second Operator: applied/)));
  });

  test('both pause: both see who did it', async () => {
    const job = await start(['small'], LATER);
    await Promise.all([page, other].map((person) => openLive(person, `/jobs/${job.id}`)));
    await Promise.all([page, other].map((person) => choose(person, 'pause')));
    await Promise.all([page, other].map((person) => confirm(person, 'interrupt')));
    await Promise.all([page, other].map((person) => shows(person, 'Paused')));
    const by = (person: Page) =>
      person
        .getByText(/^Paused by /)
        .first()
        .innerText();
    expect(await by(page)).toMatch(/^Paused by (Administrator|Second Operator), \d\d:\d\d$/);
    await expect.poll(async () => (await by(page)) === (await by(other))).toBe(true);
    await press(other, 'resume');
    await Promise.all([page, other].map((person) => tells(person, /^Resume by Second Operator: applied/)));
    await Promise.all([page, other].map((person) => shows(person, 'Waiting')));
  });
});
