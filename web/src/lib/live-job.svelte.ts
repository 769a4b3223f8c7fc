import { SvelteMap } from 'svelte/reactivity';
import type { Job, Task } from './types.ts';
import { useLive } from './live.svelte.ts';
import { refresh } from './refresh.ts';

/** How often at most a page reads anew what the stream does not carry, ms. */
const READ_EVERY = 2_000;

/**
 * A job and its studies as they change: what the stream tells is laid over what the page has loaded; for the rest (steps,
 * ledger, groups of failures) the page is read again now and then.
 */
export class LiveJob {
  #loaded: () => { job: Job; tasks: readonly Task[] };
  #job = $state.raw<Job | null>(null);
  #tasks = new SvelteMap<number, Task>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;

  constructor(loaded: () => { job: Job; tasks: readonly Task[] }) {
    this.#loaded = loaded;
  }

  /** The job, as new as is known. */
  get job(): Job {
    const { job } = this.#loaded();
    return this.#job && this.#job.id === job.id && this.#job.statusSeq >= job.statusSeq ? this.#job : job;
  }

  /** The studies of the page in their order, each as new as is known. */
  get tasks(): Task[] {
    return this.#loaded().tasks.map((task) => this.#tasks.get(task.taskNo) ?? task);
  }

  /** A study that the stream has told of, or undefined. */
  task(taskNo: number): Task | undefined {
    return this.#tasks.get(taskNo);
  }

  /**
   * Listens for as long as the component lives. `follows`: the studies that the page shows. `reads`: whether a change of
   * them (or of the job alone, when there are none) calls for reading the page anew.
   */
  listen(follows: () => readonly number[], reads: (tasks: readonly Task[]) => boolean): void {
    const live = useLive();
    const id = $derived(this.#loaded().job.id);
    const numbers = $derived(follows().join());
    $effect(() => {
      const job = id;
      // What was told before this page was loaded is older than what it has loaded.
      this.#tasks.clear();
      return live.listen(
        {
          job: (changed) => {
            if (changed.id !== job) return;
            this.#job = changed;
            if (reads([])) this.#readSoon();
          },
          tasks: ({ jobId, rows }) => {
            if (jobId !== job) return;
            for (const task of rows) this.#tasks.set(task.taskNo, task);
            if (reads(rows)) this.#readSoon();
          },
        },
        { job, tasks: numbers.split(',').filter(Boolean).map(Number) },
      );
    });
    $effect(() => () => clearTimeout(this.#timer));
  }

  #readSoon(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#last = Date.now();
        refresh();
      },
      Math.max(100, this.#last + READ_EVERY - Date.now()),
    );
  }
}
