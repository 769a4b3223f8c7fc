import type { LiveEvents } from '@viaduct/client';
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { JobRow } from './types.ts';
import { useLive } from './live.svelte.ts';
import { refresh } from './refresh.ts';

/** Stands for the rows of an empty page: without any the stream would send every job. */
const NO_JOB = '00000000-0000-0000-0000-000000000000';

/**
 * A list of jobs that stays where it is while its rows change: what arrives is laid over the rows of the page, and jobs
 * the page does not show are only counted until somebody asks for them.
 */
export class LiveJobs {
  #rows: () => readonly JobRow[];
  #changed = new SvelteMap<string, JobRow>();
  #fresh = new SvelteSet<string>();

  constructor(rows: () => readonly JobRow[]) {
    this.#rows = rows;
  }

  /** The rows of the page in their order, each as new as is known. */
  get rows(): JobRow[] {
    return this.#rows().map((job) => {
      const changed = this.#changed.get(job.id);
      return changed && changed.statusSeq >= job.statusSeq ? changed : job;
    });
  }

  /** How many jobs exist that the page does not show. */
  get fresh(): number {
    return this.#fresh.size;
  }

  /** Listens for as long as the component lives. `counts`: whether a job that is not on the page belongs to its list. */
  listen(counts: (job: LiveEvents['jobs']['others'][number]) => boolean): void {
    const live = useLive();
    const ids = $derived(
      this.#rows()
        .map((job) => job.id)
        .join(),
    );
    $effect(() => {
      const shown = ids.split(',').filter(Boolean);
      this.#changed.clear();
      return live.listen(
        {
          jobs: ({ rows, others, gone }) => {
            for (const job of rows) this.#changed.set(job.id, job);
            for (const job of others) this.#fresh[counts(job) ? 'add' : 'delete'](job.id);
            if (gone.some((id) => shown.includes(id))) refresh();
          },
        },
        { topics: ['jobs'], rows: shown.length > 0 ? shown : [NO_JOB] },
      );
    });
    // After the page was read again everything that belongs to it is on it.
    $effect(() => {
      if (this.#rows()) this.#fresh.clear();
    });
  }
}
