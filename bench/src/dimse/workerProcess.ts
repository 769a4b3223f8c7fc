import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { forgetPeak, peakMemory, processorTime } from './usage.ts';
import type { Cost } from './usage.ts';
import type { Order, Report } from './orders.ts';

/** A process that carries out orders. */
export class Worker implements AsyncDisposable {
  readonly #child: ChildProcess;

  /** @param module - beside this one; it calls `serveOrders`. */
  constructor(module: 'worker.ts' | 'dcmjsWorker.ts') {
    this.#child = fork(new URL(module, import.meta.url), { execArgv: process.execArgv });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Has an order carried out. @throws Error when it failed or did less than `count` */
  async carryOut(order: Order, count = 0): Promise<Cost & { readonly count: number }> {
    forgetPeak(this.pid);
    const before = processorTime(this.pid);
    this.#child.send(order);
    const [report] = (await once(this.#child, 'message')) as [Report];
    if (report.error !== undefined) throw new Error(`${order.kind}: ${report.error}`);
    if (report.count < count) throw new Error(`${order.kind}: ${report.count} of ${count}`);
    return { ...report, cpu: processorTime(this.pid) - before, peakMb: peakMemory(this.pid) ?? 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.disconnect();
    await once(this.#child, 'exit');
  }
}
