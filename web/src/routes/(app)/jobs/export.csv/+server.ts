import { api, must } from '#lib/server/api.ts';
import { csvFile } from '#lib/server/csv.ts';
import { jobQueryOf } from '#lib/forms/jobQuery.ts';
import { words } from '#lib/words.ts';
import type { RequestHandler } from './$types';

const text = words.jobs.columns;
const HEAD = [
  text.number,
  text.what,
  text.project,
  text.owner,
  words.jobs.from,
  words.jobs.to,
  text.state,
  words.jobs.reason,
  words.jobs.studies,
  words.jobs.studiesFailed,
  words.jobs.images,
  words.jobs.imagesVerified,
  words.jobs.bytesStored,
  text.created,
  text.started,
  text.ended,
];

/** The jobs that match the filters of the list, as a file. */
export const GET: RequestHandler = async (event) => {
  const query = { ...jobQueryOf(event.url.searchParams), limit: 200 };
  const client = api(event);
  const read = async (cursor?: string) =>
    must(await client.GET('/api/v1/jobs', { params: { query: { ...query, cursor } } }));
  return csvFile('jobs.csv', HEAD, await read(), read, (job) => [
    job.number,
    job.title,
    job.project.name,
    job.owner.name,
    job.sources.map((source) => source.name).join('; '),
    job.destination.name,
    words.states[job.state].word,
    job.wait?.text,
    job.tasks.total,
    job.tasks.failure,
    job.instances.expected,
    job.instances.verified,
    job.bytes.stored,
    job.createdAt,
    job.startedAt,
    job.endedAt,
  ]);
};
