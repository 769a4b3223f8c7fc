import { may } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import { Conditions, likeText } from '../database/conditions.ts';
import type { SignedIn } from '../http/context.ts';
import { visibleJobs } from '../jobs/access.ts';
import type { FoundStudyView, FoundView } from '../schemas/find.ts';
import { dateOf } from '../searches/dicomText.ts';

/** Things of each kind that are shown; one more is read, to know whether there are more. */
const MOST = 10;

/** Less than this does not tell one study from others. */
const SHORTEST = 3;

/** Jobs, studies of jobs and nodes that a text may mean, as far as the person may see them. */
export async function find({ client, pool }: Database, actor: SignedIn, text: string): Promise<FoundView> {
  const number = /^#?(\d{1,9})$/.exec(text)?.[1];
  const named = { id: true, name: true } as const;
  const shown = { id: true, number: true, title: true, state: true } as const;
  const contains = { contains: text, mode: 'insensitive' } as const;
  const [jobs, studies, nodes] = await Promise.all([
    client.job.findMany({
      where: { ...visibleJobs(actor), ...(number === undefined ? { title: contains } : { number: Number(number) }) },
      select: shown,
      orderBy: { number: 'desc' },
      take: MOST + 1,
    }),
    text.length < SHORTEST ? [] : readStudies(pool, actor, text),
    client.node.findMany({ where: { name: contains }, select: named, orderBy: { name: 'asc' }, take: MOST + 1 }),
  ]);
  return {
    jobs: jobs.slice(0, MOST).map((job) => ({ ...job, state: job.state as FoundStudyView['state'] })),
    studies: studies.slice(0, MOST),
    nodes: nodes.slice(0, MOST),
    more: { jobs: jobs.length > MOST, studies: studies.length > MOST, nodes: nodes.length > MOST },
  };
}

interface Row {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly taskNo: number;
  readonly state: FoundStudyView['state'];
  readonly studyDate: string;
  readonly modalities: string[];
  readonly studyDescription: string;
}

/** Written so that the indexes of the text of tasks are used. */
async function readStudies(pool: Database['pool'], actor: SignedIn, text: string): Promise<FoundStudyView[]> {
  const conditions = new Conditions('j.deleted_at IS NULL');
  if (!may(actor, 'operate')) conditions.add(`j.owner_id = ${conditions.value(actor.userId)}`);
  const same = conditions.value(likeText(text));
  conditions.add(`(t.study_instance_uid LIKE ${same} OR t.patient_id ILIKE ${same} OR t.accession_number ILIKE ${same}
    OR t.pseudonym ILIKE ${same})`);
  const { rows } = await pool.query<Row>(
    `SELECT j.id, j.number, j.title, t.task_no AS "taskNo", t.state, t.study_date AS "studyDate", t.modalities,
       t.study_description AS "studyDescription"
     FROM task AS t JOIN job AS j ON j.id = t.job_id WHERE ${conditions.text}
     ORDER BY j.number DESC, t.task_no LIMIT ${MOST + 1}`,
    conditions.values,
  );
  return rows.map(({ id, number, title, studyDate, ...study }) => ({
    ...study,
    job: { id, number, title },
    studyDate: dateOf(studyDate),
  }));
}
