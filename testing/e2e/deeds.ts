import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Job, ViaductClient } from '@viaduct/client';
import { JOB_STATES, jobActionsFor, type JobAction, type JobState } from '@viaduct/domain';
import { ask, jobNow, jobWhen } from '@viaduct/testing/product';
import { openLive, openMenu, press, reschedule, shows, showsUrgent } from './jobPage.ts';

/** What the head of a job's page calls each state. */
const WORDS: Readonly<Record<JobState, string>> = {
  pending: 'Waiting',
  waiting: 'Waiting',
  running: 'Running',
  pausing: 'Pausing …',
  paused: 'Paused',
  canceling: 'Canceling …',
  canceled: 'Canceled',
  success: 'Done',
  warning: 'Done with warnings',
  failure: 'Failed',
};
/** How the sentence begins that tells what became of it. */
const TOLD: Readonly<Record<Exclude<JobAction, 'clone' | 'delete'>, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel',
  'retry-failed': 'Retry failed',
  'retry-warnings': 'Retry warnings',
  restart: 'Restart',
  'set-priority': '(Make urgent|Not urgent any more)',
  'set-schedule': 'Change schedule',
  'force-end': 'Force-end',
};

/** An action while a job is in a state. */
export type Deed =
  | readonly [state: JobState, action: Exclude<JobAction, 'pause' | 'set-schedule'>, how?: undefined]
  | readonly [state: JobState, action: 'pause', how: 'interrupt' | 'drain']
  | readonly [state: JobState, action: 'set-schedule', when: 'now' | 'later'];

/** What is done with a job that may not begin yet. */
export const DEEDS_IN_WAITING: readonly Deed[] = [
  ['waiting', 'set-priority'],
  ['waiting', 'set-schedule', 'later'],
  ['waiting', 'clone'],
  ['waiting', 'pause', 'interrupt'],
  ['paused', 'set-priority'],
  ['paused', 'set-schedule', 'later'],
  ['paused', 'clone'],
  ['paused', 'resume'],
  ['waiting', 'force-end'],
  ['canceled', 'clone'],
  ['canceled', 'restart'],
  ['waiting', 'cancel'],
  ['canceled', 'retry-failed'],
  ['waiting', 'pause', 'drain'],
  ['paused', 'force-end'],
  ['canceled', 'restart'],
  ['waiting', 'pause', 'interrupt'],
  ['paused', 'cancel'],
  ['canceled', 'delete'],
];

/** What is done with a job of which a study runs for as long as it may, one has failed and one has ended with warnings. */
export const DEEDS_IN_RUNNING: readonly Deed[] = [
  ['running', 'set-priority'],
  ['running', 'clone'],
  ['running', 'retry-failed'],
  ['running', 'retry-warnings'],
  ['running', 'set-schedule', 'later'],
  ['waiting', 'retry-failed'],
  ['waiting', 'retry-warnings'],
  ['waiting', 'set-schedule', 'now'],
  ['running', 'pause', 'drain'],
  ['pausing', 'set-priority'],
  ['pausing', 'clone'],
  ['pausing', 'resume'],
  ['running', 'pause', 'drain'],
  ['pausing', 'pause', 'interrupt'],
  ['paused', 'retry-failed'],
  ['paused', 'retry-warnings'],
  ['paused', 'resume'],
  ['running', 'pause', 'drain'],
  ['pausing', 'set-schedule', 'later'],
  ['paused', 'resume'],
  ['waiting', 'set-schedule', 'now'],
  ['running', 'pause', 'drain'],
  ['pausing', 'cancel'],
  ['canceled', 'retry-warnings'],
  ['failure', 'retry-failed'],
  ['running', 'pause', 'drain'],
  ['pausing', 'force-end'],
  ['canceled', 'retry-failed'],
  ['running', 'force-end'],
  ['canceled', 'retry-failed'],
  ['running', 'cancel'],
  ['canceled', 'delete'],
];

const nameOf = (state: JobState, action: JobAction) => `${action} while ${state}`;

/** Everything that can be asked of a job, done on its page; keeps the account of what nobody has done yet. */
export class Deeds {
  readonly #client: ViaductClient;
  readonly #page: Page;
  readonly #left = new Set(
    JOB_STATES.flatMap((state) =>
      jobActionsFor({ state, failed: 1, warnings: 1, paused: 0 }).map((action) => nameOf(state, action)),
    ),
  );

  #hasCloned = false;

  constructor(client: ViaductClient, page: Page) {
    this.#client = client;
    this.#page = page;
  }

  /** What makes sense in a state, and was not done in it. */
  get left(): string[] {
    return [...this.#left];
  }

  /**
   * Does one after the other on the page of a job, each once the job and its page are in the state, and waits until the
   * page tells that it was done. `ready`: what has to be true of a running job before the next deed.
   */
  async follow(id: string, deeds: readonly Deed[], ready: (job: Job) => boolean = () => true): Promise<void> {
    await openLive(this.#page, `/jobs/${id}`);
    for (const deed of deeds) {
      const [state, action] = deed;
      const isSo = (job: Job) => job.state === state && (state !== 'running' || ready(job));
      const job = await jobWhen(this.#client, id, isSo, `job to be ${state} before ${action}`);
      await shows(this.#page, WORDS[state]);
      await this.#do(job, deed);
      this.#left.delete(nameOf(state, action));
    }
  }

  async #do(job: Job, deed: Deed): Promise<void> {
    const [state, action, how] = deed;
    if (action === 'clone') return this.#clone(job);
    if (action === 'delete') return this.#delete(job);
    if (action === 'set-schedule') await reschedule(this.#page, how);
    else await press(this.#page, action, how);
    const isRetry = action === 'retry-failed' || action === 'retry-warnings' || action === 'restart';
    const outcome = isRetry
      ? 'applied to \\d'
      : state === 'pending' && action !== 'force-end'
        ? 'taken'
        : '(applied|taken, )';
    const sentence = new RegExp(`^${TOLD[action]}( \\(${how}\\))? by .+: ${outcome}`);
    await this.#page
      .getByText(/ by .+: (applied|taken|refused)/)
      .first()
      .filter({ hasText: sentence })
      .waitFor();
    if (action === 'set-priority' && state !== 'pending') await showsUrgent(this.#page, !job.urgent);
  }

  /** The first time up to the new job; after that as far as the page that would start it. */
  async #clone({ id }: Job): Promise<void> {
    await openMenu(this.#page);
    const link = this.#page.getByRole('link', { name: 'Clone', exact: true });
    if (this.#hasCloned) {
      const page = await this.#page.request.get((await link.getAttribute('href')) ?? '');
      expect(await page.text()).toMatch(/Start transfer of \d/);
      return;
    }
    this.#hasCloned = true;
    await link.click();
    await this.#page.getByRole('button', { name: /^Start transfer of \d/ }).click();
    const isNew = ({ pathname }: URL) => /^\/jobs\/[\da-f-]+$/.test(pathname) && !pathname.includes(id);
    await this.#page.waitForURL(isNew);
    const cloneId = new URL(this.#page.url()).pathname.split('/').at(-1) ?? '';
    // One that is done already is in nobody's way.
    await ask(this.#client, cloneId, { action: 'cancel' }).catch(() => undefined);
    await openLive(this.#page, `/jobs/${id}`);
  }

  async #delete({ id, number }: Job): Promise<void> {
    await press(this.#page, 'delete', { typed: String(number) });
    await this.#page.waitForURL('/jobs');
    expect(await jobNow(this.#client, id).catch(() => 'gone')).toBe('gone');
  }
}
