import type { Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { invalid } from '../http/problems.ts';
import type { InputOf } from '../operations/operation.ts';
import type { listJobs } from '../operations/jobs.ts';
import type { JobView } from '../schemas/jobs.ts';
import { visibleJobs } from './access.ts';
import { readJobs } from './jobView.ts';

/** A page of jobs, newest first. The cursor is the number of the last job of the page before. */
export async function listJobsPage(
  database: Database,
  actor: SignedIn,
  query: InputOf<typeof listJobs>['query'],
): Promise<{ items: JobView[]; nextCursor: string | null }> {
  const rows = await database.client.job.findMany({
    where: {
      AND: [
        visibleJobs(actor),
        query.state ? { state: { in: query.state } } : {},
        query.projectId ? { projectId: query.projectId } : {},
        query.owner ? { ownerId: query.owner === 'me' ? actor.userId : query.owner } : {},
        query.q ? matching(query.q) : {},
        query.cursor ? { number: { lt: numberOf(query.cursor) } } : {},
      ],
    },
    orderBy: { number: 'desc' },
    take: query.limit + 1,
    select: { id: true, number: true },
  });
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return {
    items: await readJobs(
      database,
      page.map(({ id }) => id),
    ),
    nextCursor: last ? String(last.number) : null,
  };
}

function matching(text: string) {
  const number = /^#?(\d{1,9})$/.exec(text)?.[1];
  const title = { title: { contains: text, mode: 'insensitive' } } as const;
  return number ? { OR: [{ number: Number(number) }, title] } : title;
}

/** Reads a cursor that is a number. */
export function numberOf(cursor: string): number {
  if (!/^\d{1,9}$/.test(cursor)) throw invalid('cursor', 'This is not a cursor of this list.');
  return Number(cursor);
}
