import type { SignedIn } from '../http/context.ts';
import type { JobView } from '../schemas/jobs.ts';
import { reasonsAgainst } from './allowed.ts';
import { actionable, forActor, readJobRows, type JobReading, type ReadJob } from './jobRows.ts';
import { readRequests } from './requestView.ts';

/** Requests that are shown with a job. */
const REQUESTS = 20;

/** A job with everything its page shows, for everybody. */
export interface ReadJobPage extends ReadJob {
  readonly requests: JobView['requests'];
}

/** Reads one job with its requests; undefined when it is gone or deleted. */
export async function readJobPage(reading: JobReading, id: string): Promise<ReadJobPage | undefined> {
  const [[read], requests] = await Promise.all([
    readJobRows(reading, [id]),
    readRequests(reading.database.pool, id, REQUESTS),
  ]);
  return read && { ...read, requests };
}

/** The job as one person sees it. */
export function pageForActor(job: ReadJobPage, actor: SignedIn): JobView {
  const { trialId, trialName, excludeModalities } = job.found;
  const whyNot = reasonsAgainst(actor, actionable(job.found));
  return { ...forActor(job, actor), trialId, trialName, excludeModalities, whyNot, requests: job.requests };
}
