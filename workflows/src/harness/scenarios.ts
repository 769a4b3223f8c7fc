import { ALWAYS, type Schedule, type WeeklyWindow } from '@viaduct/domain';
import {
  cancelTasksSignal,
  gatesChangedSignal,
  pauseSignal,
  resumeSignal,
  retrySignal,
  setScheduleSignal,
} from '../contract/index.ts';
import { SOURCE_ID, type House } from './house.ts';
import type { Play, PlayOptions } from './stage.ts';

/** Something that happens to a job on a real server. The integration tests play it; its histories are kept for replay. */
export interface Scenario {
  readonly name: string;
  readonly options: PlayOptions;
  /** Low threshold, so that job and chunks continue as new. */
  readonly continues?: boolean;
  run(play: Play): Promise<void>;
  /** Takes minutes: only its histories are kept. */
  readonly slow?: true;
  /** How the job closes. */
  readonly ends: 'COMPLETED' | 'CANCELLED';
  /** Numbers of tasks per state in the end. */
  readonly tasks: { readonly success?: number; readonly failure?: number; readonly canceled?: number };
}

const MINUTE = 60_000;
const BERLIN = 'Europe/Berlin';

/** Daily hours that begin and end some minutes from now. */
function hours(from: number, to: number): WeeklyWindow {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: BERLIN, hour: '2-digit', minute: '2-digit' });
  const time = (minutes: number) => clock.format(Date.now() + minutes * MINUTE);
  return { days: [1, 2, 3, 4, 5, 6, 7], from: time(from), to: time(to) };
}

/** Gives the job a schedule from the start. */
const plan = (house: House, schedule: Partial<Schedule>) => {
  house.gates = { ...house.gates, schedule: { ...ALWAYS, ...schedule } };
};

const stored = ({ house }: Play, atLeast: number) =>
  house.journal.filter((line) => line.endsWith('stored')).length >= atLeast;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'finished',
    options: { tasks: 3, partsPerTask: 2, settings: { chunkSize: 2, window: 2 } },
    run: async () => undefined,
    ends: 'COMPLETED',
    tasks: { success: 3 },
  },
  ...(['interrupt', 'drain'] as const).map((mode): Scenario => ({
    name: `paused-${mode}-and-resumed`,
    options: { tasks: 4, partsPerTask: 3, settings: { chunkSize: 2, window: 2 } },
    run: async (play) => {
      await play.until(() => stored(play, 2), 'two parts');
      await play.job.signal(pauseSignal, { requestId: 'p1', mode });
      await play.until(() => play.house.requests.has('p1') && play.house.count('running') === 0, 'the pause');
      await play.job.signal(resumeSignal, { requestId: 'r1' });
    },
    ends: 'COMPLETED',
    tasks: { success: 4 },
  })),
  {
    name: 'canceled',
    options: { tasks: 4, partsPerTask: 6, settings: { chunkSize: 3, window: 2 } },
    run: async (play) => {
      await play.until(() => stored(play, 2), 'two parts');
      await play.job.cancel();
    },
    ends: 'CANCELLED',
    tasks: { canceled: 4 },
  },
  {
    name: 'one-task-paused-resumed-another-canceled',
    options: { tasks: 3, partsPerTask: 6 },
    run: async (play) => {
      await play.until(() => stored(play, 1), 'a part');
      await play.job.signal(pauseSignal, { ...play.house.about('p1', [1]), mode: 'interrupt' });
      await play.job.signal(cancelTasksSignal, play.house.about('c2', [2]));
      await play.until(() => play.house.task(1).state === 'paused', 'the paused task');
      await play.until(() => play.house.task(2).state === 'canceled', 'the canceled task');
      await play.job.signal(resumeSignal, play.house.about('r1', [1]));
    },
    ends: 'COMPLETED',
    tasks: { success: 2, canceled: 1 },
  },
  {
    name: 'retried',
    options: {
      tasks: 2,
      settings: { maxRounds: 2 },
      prepare: (house) => {
        const verify = house.mocks.verifyTask;
        house.mocks.verifyTask = async (input, world) => {
          const healed = house.requests.has('t1');
          if (input.taskNo === 1 && !healed) house.task(1).parts.forEach((part) => (part.stored = false));
          return verify(input, world);
        };
        const store = house.mocks.storePart;
        house.mocks.storePart = async (input, world) => {
          // The second task is still at work when the first one has failed.
          if (input.taskNo === 2) while (!house.requests.has('t1')) await world.sleep(50);
          return store(input, world);
        };
      },
    },
    run: async (play) => {
      await play.until(() => play.house.task(1).state === 'failure', 'the failed task');
      await play.job.signal(retrySignal, { requestId: 't1', requeue: 'failed' });
    },
    ends: 'COMPLETED',
    tasks: { success: 2 },
  },
  {
    name: 'destination-blocked',
    options: {
      tasks: 1,
      prepare: (house) => {
        const store = house.mocks.storePart;
        let tries = 0;
        house.mocks.storePart = async (part, world) =>
          ++tries < 3
            ? { stored: 0, failed: 0, blocked: { cause: 'disk-full', retryAfterMs: 100 } }
            : store(part, world);
      },
    },
    run: async () => undefined,
    ends: 'COMPLETED',
    tasks: { success: 1 },
  },
  {
    name: 'slept-until-its-time',
    options: {
      tasks: 2,
      prepare: (house) => plan(house, { notBefore: new Date(Date.now() + 1_500).toISOString() }),
    },
    run: async () => undefined,
    ends: 'COMPLETED',
    tasks: { success: 2 },
  },
  {
    name: 'schedule-changed-while-asleep',
    options: {
      tasks: 2,
      prepare: (house) => plan(house, { windows: { timeZone: BERLIN, weekly: [hours(120, 180)] } }),
    },
    run: async (play) => {
      await play.until(() => play.house.waits.length === 1, 'sleep');
      await play.job.signal(setScheduleSignal, play.house.scheduled('s1', {}));
    },
    ends: 'COMPLETED',
    tasks: { success: 2 },
  },
  {
    name: 'node-suspended-and-back',
    options: { tasks: 3, partsPerTask: 3, settings: { chunkSize: 2, window: 2 } },
    run: async (play) => {
      await play.until(() => stored(play, 2), 'two parts');
      play.house.changeNode(SOURCE_ID, { suspended: true });
      await play.job.signal(gatesChangedSignal);
      await play.until(() => play.house.waits.length === 1, 'sleep');
      play.house.changeNode(SOURCE_ID, { suspended: false });
      await play.job.signal(gatesChangedSignal);
    },
    ends: 'COMPLETED',
    tasks: { success: 3 },
  },
  {
    name: 'slept-over-a-window',
    slow: true,
    options: {
      ...{ tasks: 2, partsPerTask: 2, instances: 10, partMs: 60_000 },
      prepare: (house) => {
        // Closes for a minute when this one ends, but not before the job is at work.
        const closes = Date.now() % MINUTE < 40_000 ? 1 : 2;
        plan(house, { windows: { timeZone: BERLIN, weekly: [hours(-60, closes), hours(closes + 1, 60)] } });
      },
    },
    run: async (play) => {
      await play.until(() => play.house.waits.length === 2, 'sleep and wake', 4 * MINUTE);
    },
    ends: 'COMPLETED',
    tasks: { success: 2 },
  },
  {
    name: 'continued-as-new',
    options: { tasks: 16, partsPerTask: 2, partMs: 60, settings: { chunkSize: 4, window: 2, maxActiveChunks: 2 } },
    continues: true,
    run: async () => undefined,
    ends: 'COMPLETED',
    tasks: { success: 16 },
  },
];
