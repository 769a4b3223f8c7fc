import { taskFilterOf } from '#lib/forms/taskQuery.ts';
import { api, must } from '#lib/server/api.ts';
import { csvFile } from '#lib/server/csv.ts';
import { words } from '#lib/words.ts';
import type { RequestHandler } from './$types';

const text = words.jobTabs.taskColumns;
const HEAD = [
  text.no,
  text.study,
  words.jobs.from,
  words.jobs.to,
  text.patient,
  words.tasks.facts.pseudonym,
  text.accession,
  text.uid,
  text.state,
  words.jobs.images,
  words.jobs.imagesVerified,
  words.jobs.bytesStored,
  text.cause,
  text.why,
  text.todo,
];

/** The studies of a job that match the filters of its list, with outcome and cause, as a file. */
export const GET: RequestHandler = async (event) => {
  const path = { id: event.params.id };
  const query = { ...taskFilterOf(event.url.searchParams), limit: 200 };
  const client = api(event);
  const job = must(await client.GET('/api/v1/jobs/{id}', { params: { path } }));
  const read = async (cursor?: string) =>
    must(await client.GET('/api/v1/jobs/{id}/tasks', { params: { path, query: { ...query, cursor } } }));
  return csvFile(`job-${job.number}.csv`, HEAD, await read(), read, (task) => [
    task.taskNo,
    [task.studyDate, task.studyTime, task.modalities.join(' '), task.studyDescription].filter(Boolean).join(' '),
    task.source.name,
    task.destination.name,
    task.patientId,
    task.pseudonym,
    task.accessionNumber,
    task.studyInstanceUid,
    words.states[task.state].word,
    task.instances.expected,
    task.instances.verified,
    task.bytes.stored,
    task.failure?.happened,
    task.failure?.why,
    task.failure?.todo,
  ]);
};
