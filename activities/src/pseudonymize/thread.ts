import { parentPort } from 'node:worker_threads';
import { createPseudonymizer, type Pseudonymizer, type PseudonymizerSettings } from '@viaduct/deid';
import { pseudonymizeInstance } from './instance.ts';
import type { FromThread, ToThread } from './messages.ts';

/** What runs now, by id. */
const running = new Map<number, AbortController>();

let last: { readonly key: string; readonly pseudonymizer: Pseudonymizer } | undefined;
/** The instances of a part come one after the other: what was made for the last one serves the next. */
function pseudonymizerOf(settings: PseudonymizerSettings): Pseudonymizer {
  const key = JSON.stringify({ ...settings, projectKey: Buffer.from(settings.projectKey).toString('hex') });
  if (last?.key !== key) last = { key, pseudonymizer: createPseudonymizer(settings) };
  return last.pseudonymizer;
}

async function work(message: Extract<ToThread, { work: unknown }>): Promise<FromThread> {
  const { id, settings } = message;
  const ending = new AbortController();
  running.set(id, ending);
  try {
    return { id, outcome: await pseudonymizeInstance(message.work, pseudonymizerOf(settings), ending.signal) };
  } catch (error) {
    const { name, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : { name: 'Error' };
    return { id, error: { name, ...(code !== undefined && { code }) } };
  } finally {
    running.delete(id);
  }
}

parentPort?.on('message', (message: ToThread) => {
  if ('cancel' in message) running.get(message.id)?.abort();
  else void work(message).then((answer) => parentPort?.postMessage(answer));
});
