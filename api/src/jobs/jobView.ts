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
  readonly profile: JobView['profile'];
}

/** The profile that the project of a job names, by its newest version. */
const PROFILE = `
  SELECT v.profile_id AS id, v.content ->> 'name' AS name FROM job AS j JOIN project AS p ON p.id = j.project_id
  JOIN profile_version AS v ON v.profile_id = p.profile_id
  WHERE j.id = $1 AND j.pseudonymize ORDER BY v.version DESC LIMIT 1`;

/** Reads one job with its requests; undefined when it is gone or deleted. */
export async function readJobPage(reading: JobReading, id: string): Promise<ReadJobPage | undefined> {
  const { pool } = reading.database;
  const [[read], requests, profiles] = await Promise.all([
    readJobRows(reading, [id]),
    readRequests(pool, id, REQUESTS),
    pool.query<{ id: string; name: string }>(PROFILE, [id]),
  ]);
  return read && { ...read, requests, profile: profiles.rows[0] ?? null };
}

/** The job as one person sees it. */
export function pageForActor(job: ReadJobPage, actor: SignedIn): JobView {
  const { trialId, trialName, excludeModalities } = job.found;
  const whyNot = reasonsAgainst(actor, actionable(job.found));
  const { requests, profile } = job;
  return { ...forActor(job, actor), trialId, trialName, excludeModalities, profile, whyNot, requests };
}
