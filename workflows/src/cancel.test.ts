import { expect, test } from 'vitest';
import { pauseSignal, retrySignal } from './contract/index.ts';
import type { Harness } from './harness/harness.ts';
import { chunk, JOB, scene } from './harness/scene.ts';

/** Names of commands and activities of a workflow from some instant on. */
function commandsOf(harness: Harness, workflowId: string, from: number): string[] {
  return harness.log
    .filter((entry) => entry.workflowId === workflowId && entry.at >= from)
    .map(({ activity, command }) => activity ?? command);
}

test('cancel in the middle of a part asks the activities first, waits for them, cleans up, then closes', async () => {
  await using stage = await scene({ tasks: 2, settings: { window: 1 } });
  const { harness, house } = stage;
  await harness.until(() => harness.activitiesOf(chunk(1)).includes('storePart'));
  await harness.pass(500);
  const asked = harness.clock.now;
  harness.cancel(JOB);
  expect(await harness.closed(JOB)).toBe('canceled');

  const ofChunk = harness.log.filter(({ workflowId, at }) => workflowId === chunk(1) && at >= asked);
  const requests = ofChunk.filter(({ command }) => command === 'requestCancelActivity');
  expect(requests).toHaveLength(3);
  const settling = ofChunk.filter(({ activity }) => activity);
  expect(settling.map(({ activity }) => activity)).toEqual(['settleTask', 'releaseChunk']);
  expect(Math.max(...requests.map(({ task }) => task))).toBeLessThan(Math.min(...settling.map(({ task }) => task)));
  expect(ofChunk.at(-1)).toMatchObject({ command: 'cancelWorkflowExecution' });
  expect(harness.closing(chunk(1))).toBe('canceled');

  expect(commandsOf(harness, JOB, asked)).toEqual([
    ...['cancelChildWorkflowExecution', 'beginCancel', 'endRun', 'cancelWorkflowExecution'],
  ]);
  expect(house.count('canceled')).toBe(2);
  expect(house.journal.slice(-3)).toEqual(['1 canceled', 'chunk 1 canceled', 'run canceled']);
});

test('cancel shows at once, however long the chunks take to stop', async () => {
  await using stage = await scene({}, ({ mocks }) => {
    mocks.storePart = async (_part, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { stored: 100, failed: 0 };
    };
  });
  const { harness, house } = stage;
  await harness.until(() => harness.activitiesOf(chunk(1)).includes('storePart'));
  const asked = harness.clock.now;
  harness.cancel(JOB);
  await harness.until(() => house.canceling);
  expect(harness.clock.now).toBe(asked);
  expect(await harness.closed(JOB)).toBe('canceled');
});

test('cancel together with the start still begins and ends the run', async () => {
  await using stage = await scene({ tasks: 3 });
  const { harness, house } = stage;
  harness.cancel(JOB);
  expect(await harness.closed(JOB)).toBe('canceled');
  expect(harness.activitiesOf(JOB)).toEqual(['beginRun', 'beginCancel', 'endRun']);
  expect(house.count('canceled')).toBe(3);
});

test('cancel of a paused job', async () => {
  await using stage = await scene({ tasks: 3 });
  const { harness, house } = stage;
  await harness.until(() => house.count('running') === 3);
  harness.signal(JOB, pauseSignal, { requestId: 'p1', mode: 'interrupt' });
  await harness.until(() => house.count('pending') === 3);
  harness.cancel(JOB);
  expect(await harness.closed(JOB)).toBe('canceled');
  expect(house.count('canceled')).toBe(3);
});

test('cancel while a task is being verified keeps what verify found', async () => {
  await using stage = await scene({}, ({ mocks }) => {
    const verify = mocks.verifyTask;
    mocks.verifyTask = async (input, world) => {
      await new Promise((resolve) => world.signal.addEventListener('abort', resolve));
      return verify(input, { ...world, sleep: () => Promise.resolve() });
    };
  });
  const { harness, house } = stage;
  await harness.until(() => harness.activitiesOf(chunk(1)).includes('verifyTask'));
  harness.cancel(JOB);
  expect(await harness.closed(JOB)).toBe('canceled');
  expect(house.task(1).state).toBe('success');
});

test('requests that come after cancel are refused', async () => {
  await using stage = await scene();
  const { harness, house } = stage;
  await harness.until(() => house.count('running') === 1);
  harness.cancel(JOB);
  harness.signal(JOB, retrySignal, { requestId: 't1', requeue: 'failed' });
  await harness.until(() => house.canceling);
  harness.signal(JOB, retrySignal, { requestId: 't2', requeue: 'failed' });
  expect(await harness.closed(JOB)).toBe('canceled');
  expect(house.requests.get('t2')).toBe('canceling');
  expect(house.requests.has('t1')).toBe(true);
});
