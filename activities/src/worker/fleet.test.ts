import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { WorkerFleet, type RunningWorker, type WorkerPlan } from './fleet.ts';

const log = pino({ enabled: false });

function fakeWorkers() {
  const started: (WorkerPlan & { end: () => void; fail: (error: Error) => void })[] = [];
  const running = new Set<string>();
  const start = async (plan: WorkerPlan): Promise<RunningWorker> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const key = `${plan.taskQueue}:${plan.slots}`;
    running.add(key);
    const end = () => {
      running.delete(key);
      resolve();
    };
    started.push({ ...plan, end, fail: reject });
    return { done: promise, shutdown: end };
  };
  return { started, running, start };
}

describe('WorkerFleet', () => {
  it('follows the plans: starts, drains, and starts anew with other slots', async () => {
    const { running, start } = fakeWorkers();
    const fleet = new WorkerFleet(start, log);
    fleet.apply([
      { taskQueue: 'a', slots: 1 },
      { taskQueue: 'b', slots: 1 },
    ]);
    await vi.waitFor(() => expect([...running].sort()).toEqual(['a:1', 'b:1']));
    fleet.apply([{ taskQueue: 'b', slots: 2 }]);
    await vi.waitFor(() => expect([...running]).toEqual(['b:2']));
    await fleet.stop();
    expect([...running]).toEqual([]);
  });

  it('starts a worker again that ended with an error', async () => {
    const { started, start } = fakeWorkers();
    const fleet = new WorkerFleet(start, log);
    fleet.apply([{ taskQueue: 'a', slots: 1 }]);
    await vi.waitFor(() => expect(started).toHaveLength(1));
    started[0]?.fail(new Error('gone'));
    await vi.waitFor(() => expect(started).toHaveLength(2), { timeout: 3_000 });
    await fleet.stop();
  });
});
