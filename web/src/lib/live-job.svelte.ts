import { invalidateAll } from '$app/navigation';
import { SvelteMap } from 'svelte/reactivity';
import type { Job, Task } from './types.ts';
import { useLive } from './live.svelte.ts';

/** How often at most a page reads anew what the stream does not carry, ms. */
const READ_EVERY = 1_000;

/**
 * A job and its studies as they change: full objects of the stream are laid over what the page has loaded;
 * for the rest (steps, ledger, new rows) the page is read again, at most once a second.
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
   * Listens for as long as the component lives. `reads(task)`: whether a change calls for reading the page anew;
   * without a task it is a change of the job alone.
   */
  listen(reads: (task?: Task) => boolean): void {
    const live = useLive();
    $effect(() => {
      const { id } = this.#loaded().job;
      return live.listen(
        {
          job: (job) => {
            if (job.id !== id) return;
            this.#job = job;
            if (reads()) this.#readSoon();
          },
          task: (task) => {
            if (task.jobId !== id) return;
            this.#tasks.set(task.taskNo, task);
            if (reads(task)) this.#readSoon();
          },
        },
        id,
      );
    });
    $effect(() => live.onReturn(() => this.#read()));
    $effect(() => () => clearTimeout(this.#timer));
  }

  #readSoon(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(100, this.#last + READ_EVERY - Date.now());
    this.#timer = setTimeout(() => this.#read(), wait);
  }

  #read(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#last = Date.now();
    void invalidateAll().then(() => this.#tasks.clear());
  }
}
