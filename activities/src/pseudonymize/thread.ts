import { parentPort } from 'node:worker_threads';
import { createPseudonymizer, type Pseudonymizer } from '@viaduct/deid';
import { pseudonymizeInstance } from './instance.ts';
import type { FromThread, ToThread } from './messages.ts';

/** What runs now, by id. */
const running = new Map<number, AbortController>();

/** By the place of their settings. */
const pseudonymizers = new Map<number, Pseudonymizer>();

async function work({ place, id, work }: Extract<ToThread, { work: unknown }>): Promise<FromThread> {
  const ending = new AbortController();
  running.set(id, ending);
  try {
    const pseudonymizer = pseudonymizers.get(place);
    if (pseudonymizer === undefined) throw new Error('no settings');
    return { id, outcome: await pseudonymizeInstance(work, pseudonymizer, ending.signal) };
  } catch (error) {
    const { name, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : { name: 'Error' };
    return { id, error: { name, ...(code !== undefined && { code }) } };
  } finally {
    running.delete(id);
  }
}

parentPort?.on('message', (message: ToThread) => {
  if ('settings' in message) pseudonymizers.set(message.place, createPseudonymizer(message.settings));
  else if ('cancel' in message) running.get(message.id)?.abort();
  else void work(message).then((answer) => parentPort?.postMessage(answer));
});
