import type { BulkAct } from './bulk.ts';

/** What can be done with what runs and waits. */
export const ON_QUEUE: readonly BulkAct[] = ['make-urgent', 'make-normal', 'pause', 'cancel', 'force-end'];

/** The key of a study in the queue: `JOB/NO`. */
export const keyOfQueued = ({ job, taskNo }: { job: { id: string }; taskNo: number }): string => `${job.id}/${taskNo}`;

/** The jobs of the studies that are ticked in a form, or the jobs that it names outright. */
export function jobsInQueue(form: FormData): { jobIds: string[] } {
  const ids = form.getAll('id').flatMap((id) => (typeof id === 'string' ? (id.split('/')[0] ?? []) : []));
  return { jobIds: [...new Set(ids)] };
}
