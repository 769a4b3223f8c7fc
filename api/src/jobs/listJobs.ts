import { may } from '@viaduct/domain';
import type { SignedIn } from '../http/context.ts';
import { invalid } from '../http/problems.ts';
import { Conditions, likeText } from '../database/conditions.ts';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import type { InputOf } from '../operations/operation.ts';
import type { listJobs } from '../operations/jobs.ts';
import type { JobRowView } from '../schemas/jobs.ts';
import { z } from 'zod';
import { forActor, readJobRows, type JobReading } from './jobRows.ts';

type Query = InputOf<typeof listJobs>['query'];

/** What a list is sorted by; jobs that have no such time come last. */
const SORTED = {
  number: 'NULL::timestamptz',
  started: `coalesce(j.started_at, '-infinity')`,
  ended: `coalesce(j.ended_at, '-infinity')`,
} as const;

/** Sorting time as PostgreSQL writes it (microseconds), and number of the last job of the page before. */
const position = z.tuple([z.string().max(40).nullable(), z.int()]);

/** A page of jobs, newest first. */
export async function listJobsPage(
  reading: JobReading,
  actor: SignedIn,
  query: Query,
): Promise<{ items: JobRowView[]; nextCursor: string | null }> {
  const by = SORTED[query.sort];
  const conditions = conditionsOf(actor, query);
  if (query.cursor !== undefined) {
    const [at, number] = decodeCursor(position, query.cursor);
    const after = at === null ? '' : conditions.value(at);
    conditions.add(
      query.sort === 'number'
        ? `j.number < ${conditions.value(number)}`
        : `(${by}, j.number) < (${after}::timestamptz, ${conditions.value(number)})`,
    );
  }
  const { rows } = await reading.database.pool.query<{ id: string; number: number; at: string | null }>(
    `SELECT j.id, j.number, (${by})::text AS at FROM job AS j WHERE ${conditions.text}
     ORDER BY ${query.sort === 'number' ? '' : `${by} DESC,`} j.number DESC LIMIT ${conditions.value(query.limit + 1)}`,
    conditions.values,
  );
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  const read = await readJobRows(
    reading,
    page.map(({ id }) => id),
  );
  return {
    items: read.map((job) => forActor(job, actor)),
    nextCursor: last ? encodeCursor([last.at, last.number]) : null,
  };
}

function conditionsOf(actor: SignedIn, query: Query): Conditions {
  const conditions = new Conditions('j.deleted_at IS NULL');
  if (!may(actor, 'operate')) conditions.add(`j.owner_id = ${conditions.value(actor.userId)}`);
  if (query.state) conditions.add(`j.state = ANY (${conditions.value(query.state)})`);
  if (query.projectId) conditions.add(`j.project_id = ${conditions.value(query.projectId)}`);
  if (query.owner)
    conditions.add(`j.owner_id = ${conditions.value(query.owner === 'me' ? actor.userId : query.owner)}`);
  if (query.urgent !== undefined) conditions.add(`j.urgent = ${conditions.value(query.urgent)}`);
  if (query.from) conditions.add(`j.created_at >= ${conditions.value(query.from)}::date`);
  if (query.until) conditions.add(`j.created_at < ${conditions.value(query.until)}::date + 1`);
  if (query.q) addText(conditions, query.q);
  if (query.nodeId) {
    conditions.add(`${conditions.value(query.nodeId)} = ANY (j.source_ids || j.destination_ids)`);
  }
  return conditions;
}

function addText(conditions: Conditions, text: string): void {
  const title = `j.title ILIKE ${conditions.value(`%${likeText(text)}%`)}`;
  const number = /^#?(\d{1,9})$/.exec(text)?.[1];
  conditions.add(number ? `(j.number = ${conditions.value(Number(number))} OR ${title})` : title);
}

/** Reads a cursor that is a number. */
export function numberOf(cursor: string): number {
  if (!/^\d{1,9}$/.test(cursor)) throw invalid('cursor', 'This list has no such place: read it from its beginning.');
  return Number(cursor);
}
