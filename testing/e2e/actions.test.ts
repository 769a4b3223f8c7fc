import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Job } from '@viaduct/client';
import type { JobState } from '@viaduct/domain';
import { openDatabase } from '@viaduct/prisma';
import { startPostgres } from '@viaduct/testing';
import { createJob, jobNow } from '@viaduct/testing/product';
import { launchBrowser } from '../src/browser.ts';
import type { TestBrowser } from '../src/browser.ts';
import {
  choose,
  confirm,
  openLive,
  openMenu,
  press,
  reschedule,
  shows,
  showsUrgent,
  signInPage,
  tells,
} from './jobPage.ts';
import { enterJobs, enterJobWith, withoutRepairs, type Ground } from './jobRows.ts';
import { actionsOn, OF_JOBS, OF_STUDIES, refusedIn } from './offers.ts';
import { setScene, type Scene } from './scene.ts';

const LATER = { notBefore: '2100-01-01T00:00:00Z', windows: null, atClose: 'park', maxOverrunMs: 0 } as const;
const UNKNOWN_STUDY = '1.2.3.404';
/** Pause before each image, ms: a study of 200 images outlasts every test. */
const SLOWLY = { delayMs: 400 };

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
    { label: 'actions-large', instances: 200 },
  ];
  scene = stack.use(await setScene({ studies: [small, large], product: { env: { DATABASE_URL: connectionString } } }));
  const database = stack.use(openDatabase({ connectionString }));
  stack.use(await withoutRepairs(database));
  const { sourceId, destinationId, projectId } = scene;
  ground = { database, sourceId, destinationId, projectId };
  browser = stack.use(await launchBrowser());
  page = await newPerson();
});
afterAll(() => stack.disposeAsync());

async function newPerson(): Promise<Page> {
  const person = await browser.newPage({ baseUrl: scene.product.url });
  await signInPage(person);
  return person;
}

/** A job of real studies: `small` is done at once, `large` goes on, `unknown` fails. */
function start(studies: readonly ('small' | 'large' | 'unknown')[], schedule?: typeof LATER): Promise<Job> {
  const uidOf = (study: (typeof studies)[number]) =>
    study === 'unknown' ? UNKNOWN_STUDY : (scene.studies[study === 'small' ? 0 : 1]?.studyInstanceUID ?? '');
  const { sourceId, destinationId, projectId } = ground;
  return createJob(scene.client, {
    kind: 'selective',
    projectId,
    destinationId,
    pseudonymize: true,
    urgent: false,
    ...(schedule && { schedule: { ...schedule } }),
    studies: studies.map((study) => ({ sourceId, studyInstanceUid: uidOf(study) })),
  });
}

async function slowly(): Promise<void> {
  await Promise.all([scene.source, scene.destination].map((pacs) => pacs.setFaults(SLOWLY)));
  onTestFinished(async () => {
    await Promise.all([scene.source, scene.destination].map((pacs) => pacs.setFaults({})));
  });
}

test('the page of a job offers in each state what makes sense, and says why the rest does not', async () => {
  for (const [state, { row, menu }] of Object.entries(OF_JOBS)) {
    const [id] = await enterJobs(ground, `Offered while ${state}`, state as JobState);
    await openLive(page, `/jobs/${id}`);
    const refused = refusedIn(state as JobState);
    const expected = { state, row: row.toSorted(), menu: menu.toSorted(), refused, withoutReason: [] };
    expect({ state, ...(await actionsOn(page)) }).toEqual(expected);
  }
});

test('the page of a study offers in each state what makes sense', async () => {
  const id = await enterJobWith(
    ground,
    'Studies in every state',
    OF_STUDIES.map(([state]) => state),
  );
  for (const [index, [state, row]] of OF_STUDIES.entries()) {
    await openLive(page, `/jobs/${id}/tasks/${index + 1}`);
    expect({ state, row: (await actionsOn(page)).row }).toEqual({ state, row: row.toSorted() });
  }
});

describe('every action works in every state that offers it', () => {
  test('while the job waits, is paused and is canceled', async () => {
    const job = await start(['small', 'large'], LATER);
    await openLive(page, `/jobs/${job.id}`);
    await shows(page, 'Waiting');
    await press(page, 'set-priority');
    await showsUrgent(page, true);
    await reschedule(page, 'later');
    await press(page, 'pause', 'interrupt');
    await shows(page, 'Paused');
    await press(page, 'set-priority');
    await showsUrgent(page, false);
    await reschedule(page, 'later');
    await press(page, 'resume');
    await shows(page, 'Waiting');
    await press(page, 'force-end');
    await shows(page, 'Canceled');
    await press(page, 'restart');
    await shows(page, 'Waiting');
    await press(page, 'cancel');
    await shows(page, 'Canceled');
    await press(page, 'retry-failed');
    await shows(page, 'Waiting');
    await press(page, 'pause', 'drain');
    await shows(page, 'Paused');
    await press(page, 'cancel');
    await shows(page, 'Canceled');
    await press(page, 'delete', { typed: String(job.number) });
    await page.waitForURL('/jobs');
    expect(await jobNow(scene.client, job.id).catch(() => 'gone')).toBe('gone');
  });

  test('while the job runs, stops and is canceled in the middle', async () => {
    await slowly();
    const job = await start(['unknown', 'large']);
    await openLive(page, `/jobs/${job.id}`);
    await shows(page, 'Running');
    await press(page, 'retry-failed');
    await tells(page, /^Retry failed by .+: applied to 1 study$/);
    await press(page, 'set-priority');
    await showsUrgent(page, true);
    await reschedule(page, 'later');
    await shows(page, 'Waiting');
    await reschedule(page, 'now');
    await shows(page, 'Running');
    await press(page, 'pause', 'drain');
    await shows(page, 'Pausing …');
    await press(page, 'set-priority');
    await showsUrgent(page, false);
    await press(page, 'resume');
    await shows(page, 'Running');
    await press(page, 'pause', 'drain');
    await shows(page, 'Pausing …');
    await press(page, 'pause', 'interrupt');
    await shows(page, 'Paused');
    await press(page, 'retry-failed');
    await tells(page, /^Retry failed by .+: applied to 1 study$/);
    await press(page, 'resume');
    await shows(page, 'Running');
    await press(page, 'pause', 'drain');
    await shows(page, 'Pausing …');
    await press(page, 'cancel');
    await shows(page, 'Canceled');
    await press(page, 'retry-failed');
    await shows(page, 'Running');
    await press(page, 'force-end');
    await shows(page, 'Canceled');
    await press(page, 'restart');
    await shows(page, 'Running');
    await press(page, 'cancel');
    await shows(page, 'Canceled');
  });

  test('while it hangs in its cancellation', async () => {
    await slowly();
    const job = await start(['large']);
    await openLive(page, `/jobs/${job.id}`);
    await shows(page, 'Running');
    await ground.database.client.job.update({ where: { id: job.id }, data: { control: 'cancel' } });
    await shows(page, 'Canceling …');
    await press(page, 'force-end');
    await shows(page, 'Canceled');
  });

  test('before a worker has taken it up', async () => {
    const worker = scene.product.pid('worker');
    process.kill(worker, 'SIGSTOP');
    onTestFinished(() => void process.kill(worker, 'SIGCONT'));
    const [first, second, third] = [await start(['small']), await start(['small']), await start(['small'])];
    await openLive(page, `/jobs/${third.id}`);
    await shows(page, 'Waiting');
    await press(page, 'force-end');
    await shows(page, 'Canceled');
    await openLive(page, `/jobs/${second.id}`);
    await press(page, 'cancel');
    await tells(page, /^Cancel by .+: taken/);
    await openLive(page, `/jobs/${first.id}`);
    await press(page, 'set-priority');
    await press(page, 'pause', 'interrupt');
    await tells(page, /^Pause \(interrupt\) by .+: taken/);
    process.kill(worker, 'SIGCONT');
    await shows(page, 'Paused');
    await showsUrgent(page, true);
    await openLive(page, `/jobs/${second.id}`);
    await shows(page, 'Canceled');
  });

  test('after it has ended, well or not', async () => {
    const [good, bad] = [await start(['small']), await start(['unknown'])];
    await openLive(page, `/jobs/${good.id}`);
    await shows(page, 'Done');
    await press(page, 'restart');
    await tells(page, /^Restart by .+: applied to 1 study$/);
    await shows(page, 'Done');
    await ground.database.client.task.updateMany({ where: { jobId: good.id }, data: { state: 'warning' } });
    await shows(page, 'Done with warnings');
    await press(page, 'retry-warnings');
    await tells(page, /^Retry warnings by .+: applied to 1 study$/);
    await shows(page, 'Done');

    await openLive(page, `/jobs/${bad.id}`);
    await shows(page, 'Failed');
    await press(page, 'retry-failed');
    await tells(page, /^Retry failed by .+: applied to 1 study$/);
    await shows(page, 'Failed');
    await openMenu(page);
    await page.getByRole('link', { name: 'Clone', exact: true }).click();
    await page.getByRole('button', { name: 'Start transfer of 1 study' }).click();
    await page.waitForURL((url) => /^\/jobs\/[\da-f-]+$/.test(url.pathname) && !url.pathname.includes(bad.id));
    await shows(page, 'Failed');
    for (const job of [good, bad]) {
      await openLive(page, `/jobs/${job.id}`);
      await choose(page, 'delete');
      const act = page.getByRole('alertdialog').getByRole('button').last();
      expect(await act.isDisabled()).toBe(true);
      await confirm(page, { typed: String(job.number) });
      await page.waitForURL('/jobs');
    }
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

describe('two people act on the same job at once', () => {
  let other: Page;
  beforeAll(async () => {
    other = await newPerson();
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
  });

  test('both pause: one of them does it, both see who', async () => {
    const job = await start(['small'], LATER);
    await Promise.all([page, other].map((person) => openLive(person, `/jobs/${job.id}`)));
    await Promise.all([page, other].map((person) => choose(person, 'pause')));
    await Promise.all([page, other].map((person) => confirm(person, 'interrupt')));
    await Promise.all([page, other].map((person) => shows(person, 'Paused')));
    await Promise.all([page, other].map((person) => tells(person, /^Pause \(interrupt\) by Administrator: applied/)));
    await press(other, 'resume');
    await Promise.all([page, other].map((person) => shows(person, 'Waiting')));
  });
});
