import { isUnavailable, type Database } from '@viaduct/prisma';
import type { Logger } from 'pino';
import type { Engine } from '../temporal/engine.ts';
import { deliverDue } from './outbox.ts';

const POLL_MS = 5_000;
/** After a row that could not be delivered, so that its next attempt is not late, ms. */
const BUSY_POLL_MS = 500;

/** Delivers rows of the outbox for as long as it is not closed. */
export interface Dispatcher extends AsyncDisposable {
  /** There may be something new. */
  wake(): void;
}

/** Starts delivering: at once when woken, else every few seconds. Several processes may do so side by side. */
export function startDispatcher(pool: Database['pool'], engine: Engine, log: Logger): Dispatcher {
  const closing = new AbortController();
  let woken = true;
  let wakeUp = () => {};

  const idle = (ms: number) =>
    new Promise<void>((resolve) => {
      if (woken || closing.signal.aborted) return resolve();
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async () => {
    while (!closing.signal.aborted) {
      woken = false;
      let round = { done: 0, failed: 0 };
      try {
        round = await deliverDue(pool, engine, log);
      } catch (error) {
        const known = isUnavailable(error) ? 'database not available' : error instanceof Error ? error.name : 'unknown';
        log.warn({ error: known }, 'outbox not read');
      }
      if (round.done === 0) await idle(round.failed > 0 ? BUSY_POLL_MS : POLL_MS);
    }
  };
  const running = run();

  return {
    wake() {
      woken = true;
      wakeUp();
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      wakeUp();
      await running;
    },
  };
}
