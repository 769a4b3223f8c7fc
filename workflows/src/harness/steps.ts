import { ApplicationFailure } from '@temporalio/common';
import type { PartRef, TaskRef, Timed } from '../contract/index.ts';
import type { Mocks, World } from './activities.ts';
import { SOURCE_ID, type House, type HouseOptions } from './house.ts';
import { hasEnded, type MockPart } from './ledger.ts';

type Names =
  | 'settleTask'
  | 'planParts'
  | 'findInstances'
  | 'verifyTask'
  | 'admitPart'
  | 'retrievePart'
  | 'tryMove'
  | 'pseudonymizePart'
  | 'storePart';

/** The steps of tasks and parts: each takes its time and stops at its deadline. */
export function stepMocks(house: House, options: HouseOptions): Pick<Mocks, Names> {
  const { instances = 1, partMs = 2_000, askMs = 50 } = options;
  const partOf = ({ taskNo, partNo }: PartRef): MockPart => {
    const part = house.task(taskNo).parts[partNo - 1];
    if (!part) throw ApplicationFailure.nonRetryable('no such part', 'internal');
    return part;
  };
  const show = ({ taskNo }: TaskRef, state: Parameters<House['show']>[1]) => house.show(house.task(taskNo), state);
  let turn = 0;
  return {
    settleTask: async ({ to, cause, ...ref }) => {
      const task = house.task(ref.taskNo);
      if (hasEnded(task)) return;
      show(ref, to === 'paused' && task.wanted === null ? 'pending' : to);
      task.cause = cause ?? null;
      if (to !== 'pending') task.wanted = null;
      if (to === 'paused') task.chunkNo = null;
    },
    findInstances: async ({ deadlineAt, ...ref }, world) => {
      show(ref, 'running');
      await take(world, askMs, deadlineAt);
      return { expected: 100, ...(await house.mocks.planParts(ref, world)) };
    },
    planParts: async (ref) => {
      show(ref, 'running');
      const { parts } = house.task(ref.taskNo);
      return {
        parts: parts.flatMap(({ stored, hostId }, index) =>
          stored ? [] : [{ partNo: index + 1, hostId: hostId && house.hosts.has(hostId) ? hostId : null }],
        ),
      };
    },
    verifyTask: async ({ lastRound, failed, ...ref }, { sleep }) => {
      await sleep(askMs);
      const task = house.task(ref.taskNo);
      const missing = task.parts.filter(({ stored }) => !stored).length;
      if (missing > 0) task.cause = failed?.cause ?? 'instance-withheld';
      if (missing === 0 || lastRound) show(ref, missing === 0 ? 'success' : 'failure');
      return { done: missing === 0, missing };
    },
    admitPart: async ({ deadlineAt, ...ref }, world) => {
      await take(world, askMs, deadlineAt);
      const hosts = [...house.hosts];
      const hostId = /^host\.(.+)\.admit$/.exec(world.queue)?.[1] ?? hosts[turn++ % hosts.length] ?? 'nobody';
      const part = partOf(ref);
      // What another host had on its disk is gone with it.
      if (part.hostId !== null && part.hostId !== hostId) Object.assign(part, { retrieved: 0, cleaned: 0 });
      part.hostId = hostId;
      return { hostId, lease: { nodeId: SOURCE_ID, slotNo: 1, fence: '1' } };
    },
    retrievePart: async ({ deadlineAt, ...ref }, world) => {
      const part = partOf(ref);
      while (part.retrieved < instances) {
        const key = `${ref.taskNo}.${ref.partNo}.${part.retrieved + 1}`;
        await take(world, partMs / 2 / instances, deadlineAt);
        house.retrieved.push({ at: world.now(), key });
        part.retrieved++;
      }
      return { retrieved: 100, missing: 0 };
    },
    tryMove: async (_input, { queue }) => {
      if (!house.hosts.has(queue.split('.')[1] ?? '')) throw ApplicationFailure.nonRetryable('gone', 'host-lost');
      return { kind: 'no-series' };
    },
    pseudonymizePart: async (ref, { sleep }) => {
      const part = partOf(ref);
      for (; part.cleaned < instances; part.cleaned++) await sleep(partMs / 2 / instances);
      return { pseudonymized: 100, failed: 0 };
    },
    storePart: async ({ deadlineAt, ...ref }, world) => {
      const part = partOf(ref);
      for (; part.sent < instances; part.sent++) await take(world, partMs / instances, deadlineAt);
      part.stored = true;
      house.journal.push(`${ref.taskNo}.${ref.partNo} stored`);
      return { stored: 100, failed: 0 };
    },
  };
}

/** Works for some ms, or until the deadline. */
async function take({ sleep, now }: World, ms: number, deadlineAt: Timed['deadlineAt']): Promise<void> {
  if (deadlineAt === null || now() + ms <= deadlineAt) return sleep(ms);
  await sleep(Math.max(deadlineAt - now(), 1));
  throw ApplicationFailure.nonRetryable('its hours are over', 'window-closed');
}
