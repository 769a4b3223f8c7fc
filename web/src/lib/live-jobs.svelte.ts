import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Job } from './types.ts';

/**
 * A list of jobs that stays where it is while its rows change: what arrives is laid over the rows of the page,
 * and jobs the page does not show are only counted until somebody asks for them.
 */
export class LiveJobs {
  #rows: () => readonly Job[];
  #changed = new SvelteMap<string, Job>();
  #fresh = new SvelteSet<string>();

  constructor(rows: () => readonly Job[]) {
    this.#rows = rows;
  }

  /** The rows of the page in their order, each as new as is known. */
  get rows(): Job[] {
    return this.#rows().map((job) => {
      const changed = this.#changed.get(job.id);
      return changed && changed.statusSeq >= job.statusSeq ? changed : job;
    });
  }

  /** How many jobs exist that the page does not show. */
  get fresh(): number {
    return [...this.#fresh].filter((id) => !this.#rows().some((job) => job.id === id)).length;
  }

  /** Takes a changed job. `counts`: whether a job that is not shown belongs to this list. */
  take(job: Job, counts = true): void {
    if (this.#rows().some((row) => row.id === job.id)) this.#changed.set(job.id, job);
    else if (counts) this.#fresh.add(job.id);
  }

  /** Begins anew after the page was read again. */
  settle(): void {
    this.#fresh.clear();
  }
}
