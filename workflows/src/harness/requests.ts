import type { Mocks } from './activities.ts';
import type { House } from './house.ts';
import { hasEnded, requeue, type MockTask } from './ledger.ts';
import type { Requeue } from '@viaduct/domain';

/** What people ask, as the database applies it. */
export function requestMocks(house: House): Pick<Mocks, 'applyJobRequest' | 'applyTasksRequest' | 'refuseRequest'> {
  const all = () => [...house.tasks.values()];
  const namedBy = (requestId: string) => {
    const taskNos = house.rows.get(requestId)?.taskNos ?? [];
    return all().filter(({ taskNo }) => taskNos.includes(taskNo));
  };
  const unclaimed = () => all().filter(({ state, chunkNo }) => state === 'pending' && chunkNo === null).length;
  return {
    applyJobRequest: async ({ requestId, ...ask }) => {
      house.requests.set(requestId, 'applied');
      house.journal.push(ask.action);
      switch (ask.action) {
        case 'retry':
          again(all(), ask.requeue);
          return { requeued: unclaimed() };
        case 'resume':
          wake(all());
          return { requeued: unclaimed() };
        case 'set-schedule':
          house.gates = { ...house.gates, schedule: house.rows.get(requestId)?.schedule ?? house.gates.schedule };
          break;
        case 'set-priority':
          house.gates = { ...house.gates, urgent: ask.urgent };
          break;
      }
      return { requeued: 0 };
    },
    applyTasksRequest: async ({ requestId, ...ask }) => {
      const tasks = namedBy(requestId);
      house.requests.set(requestId, 'applied');
      house.journal.push(`${ask.action} ${tasks.map(({ taskNo }) => taskNo).join()}`);
      if (ask.action === 'retry') {
        again(tasks, ask.requeue);
        return { told: [], requeued: unclaimed() };
      }
      const claimed = tasks.filter((task) => task.chunkNo !== null && !hasEnded(task));
      if (ask.action === 'resume') {
        const told = tellOf(claimed.filter(({ wanted }) => wanted === 'pause'));
        for (const task of claimed) task.wanted = null;
        wake(tasks);
        return { told, requeued: unclaimed() };
      }
      for (const task of tasks) {
        if (task.chunkNo === null && !hasEnded(task)) task.state = ask.action === 'pause' ? 'paused' : 'canceled';
      }
      for (const task of claimed) task.wanted = ask.action;
      return { told: tellOf(claimed), requeued: 0 };
    },
    refuseRequest: async ({ requestId, reason }) => {
      house.requests.set(requestId, reason);
    },
  };
}

function again(tasks: readonly MockTask[], which: Requeue): void {
  const states = { failed: ['failure', 'canceled'], warnings: ['warning'], all: [] }[which] as readonly string[];
  const chosen = tasks.filter((task) => (which === 'all' ? hasEnded(task) : states.includes(task.state)));
  for (const task of chosen) requeue(task, which === 'all');
}

function wake(tasks: readonly MockTask[]): void {
  for (const task of tasks.filter(({ state }) => state === 'paused')) requeue(task, false);
}

/** The chunks that have claimed tasks, each with those. */
function tellOf(tasks: readonly MockTask[]): { chunkNo: number; taskNos: number[] }[] {
  const byChunk = Map.groupBy(tasks, ({ chunkNo }) => chunkNo ?? 0);
  return [...byChunk].map(([chunkNo, its]) => ({ chunkNo, taskNos: its.map(({ taskNo }) => taskNo) }));
}
