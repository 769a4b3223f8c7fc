import os from 'node:os';
import { Worker } from 'node:worker_threads';
import type { PseudonymizerSettings } from '@viaduct/deid';
import type { InstanceOutcome, InstanceWork } from './instance.ts';
import type { FromThread, ToThread } from './messages.ts';

/** More do not pay: the disk is the limit then. */
const MOST_THREADS = 4;

/** What a thread could not do, or that it is gone. It never quotes a message, which may hold data. */
export class ThreadError extends Error {
  override readonly name = 'ThreadError';
  readonly code: string | undefined;

  constructor(what: string, code?: string) {
    super(what);
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (outcome: InstanceOutcome) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
  /** What it was told, by place, and the place of the next. */
  readonly settings: PseudonymizerSettings[];
  nextPlace: number;
}

/** Instances that keep a thread busy: one that it works on, and the next. */
const ENOUGH = 2;

/** Settings that a thread keeps: those of the parts that are worked on by turns. */
const PLACES = 16;

/**
 * Threads that pseudonymize, so that the event loop of the process stays free for associations and heartbeats. They begin
 * with the first instance; one that dies fails what it was at and is replaced.
 */
export class PseudonymizerThreads implements AsyncDisposable {
  readonly #threads = new Set<Thread>();
  readonly #most: number;
  #nextId = 1;

  constructor(most = Math.min(MOST_THREADS, os.availableParallelism())) {
    this.#most = most;
  }

  /**
   * Works on an instance in a thread that has little to do.
   * @param settings the same object for all instances that are treated alike: a thread is told them once
   * @throws ThreadError; the signal's reason
   */
  async run(settings: PseudonymizerSettings, work: InstanceWork, signal: AbortSignal): Promise<InstanceOutcome> {
    signal.throwIfAborted();
    const thread = this.#next();
    const id = this.#nextId++;
    const tell = (message: ToThread) => thread.worker.postMessage(message);
    const cancel = () => tell({ id, cancel: true });
    const { promise, resolve, reject } = Promise.withResolvers<InstanceOutcome>();
    thread.waiting.set(id, { resolve, reject });
    signal.addEventListener('abort', cancel, { once: true });
    try {
      tell({ place: placeOf(thread, settings), id, work });
      return await promise;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
      thread.waiting.delete(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  /** The first one with little to do: a thread that has an instance now and then never gets up to speed. */
  #next(): Thread {
    const threads = [...this.#threads];
    const free = threads.find(({ waiting }) => waiting.size < ENOUGH);
    if (free) return free;
    const [least] = threads.sort((a, b) => a.waiting.size - b.waiting.size);
    return least && threads.length >= this.#most ? least : this.#begin();
  }

  #begin(): Thread {
    const worker = new Worker(new URL('./thread.ts', import.meta.url));
    const thread: Thread = { worker, waiting: new Map(), settings: [], nextPlace: 0 };
    const fail = (error: ThreadError) => {
      this.#threads.delete(thread);
      for (const { reject } of thread.waiting.values()) reject(error);
    };
    worker.on('message', (answer: FromThread) => {
      const waiting = thread.waiting.get(answer.id);
      if ('outcome' in answer) waiting?.resolve(answer.outcome);
      else waiting?.reject(new ThreadError(answer.error.name, answer.error.code));
    });
    worker.on('error', (error: Error) => fail(new ThreadError(error.name)));
    worker.on('exit', () => fail(new ThreadError('exit')));
    this.#threads.add(thread);
    return thread;
  }
}

/** Where a thread has the settings, which it is told if it does not know them. */
function placeOf(thread: Thread, settings: PseudonymizerSettings): number {
  const known = thread.settings.indexOf(settings);
  if (known >= 0) return known;
  const place = thread.nextPlace;
  thread.nextPlace = (place + 1) % PLACES;
  thread.settings[place] = settings;
  thread.worker.postMessage({ place, settings } satisfies ToThread);
  return place;
}
