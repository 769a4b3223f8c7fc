import { ENDED_STATES } from '@viaduct/domain';
import { picturePurpose, unseal, type Database, type Prisma } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import { notFound } from '../http/problems.ts';
import { visibleJobs } from '../jobs/access.ts';
import type { HeldImageView } from '../schemas/review.ts';

const shown = {
  id: true,
  taskId: true,
  sopInstanceUid: true,
  device: true,
  risks: true,
  heldAt: true,
  sealedPicture: true,
  task: {
    select: {
      taskNo: true,
      job: { select: { id: true, number: true, title: true, project: { select: { id: true, name: true } } } },
    },
  },
} as const;

/** A held image as it is read. */
export type HeldRow = Prisma.HeldImageGetPayload<{ select: typeof shown }>;

/** What waits for somebody, as far as a person may see it. */
const waitingFor = (actor: SignedIn): Prisma.HeldImageWhereInput => ({
  decision: null,
  task: { state: { notIn: [...ENDED_STATES] }, job: visibleJobs(actor) },
});

/** How many images wait, and since when the first one. */
export async function countHeld(
  client: Database['client'],
  actor: SignedIn,
): Promise<{ readonly images: number; readonly since: Date | null }> {
  const { _count, _min } = await client.heldImage.aggregate({
    where: waitingFor(actor),
    _count: true,
    _min: { heldAt: true },
  });
  return { images: _count, since: _min.heldAt };
}

/** Images that wait, behind one of them, oldest first. */
export async function readHeld(
  database: Database,
  actor: SignedIn,
  { limit, after = 0 }: { readonly limit: number; readonly after?: number },
): Promise<HeldImageView[]> {
  const rows = await database.client.heldImage.findMany({
    where: { ...waitingFor(actor), id: { gt: after } },
    orderBy: { id: 'asc' },
    take: limit,
    select: shown,
  });
  return viewsOf(database, rows);
}

/** One of them. Throws 404. */
export async function demandHeld(client: Database['client'], actor: SignedIn, id: number): Promise<HeldRow> {
  const row = await client.heldImage.findFirst({ where: { ...waitingFor(actor), id }, select: shown });
  if (!row) throw notFound('image that waits');
  return row;
}

/** What is shown of rows beside their pictures. */
export async function viewsOf({ pool }: Database, rows: readonly HeldRow[]): Promise<HeldImageView[]> {
  const { rows: facts } = await pool.query<Facts>(FACTS, [rows.map(({ id }) => id)]);
  const factsOf = new Map(facts.map((fact) => [fact.id, fact]));
  return rows.map((row) => {
    const { id, device, risks, heldAt, task } = row;
    const { project, ...job } = task.job;
    const { alike = 0, seriesNumber = '', seriesDescription = '', instanceNumber = '' } = factsOf.get(id) ?? {};
    return {
      id,
      job,
      project,
      taskNo: task.taskNo,
      seriesNumber,
      seriesDescription,
      instanceNumber,
      device: device as HeldImageView['device'],
      risks,
      alike,
      isShowable: row.sealedPicture !== null,
      heldAt: heldAt.toISOString(),
    };
  });
}

interface Facts {
  readonly id: number;
  readonly alike: number;
  readonly seriesNumber: string;
  readonly seriesDescription: string;
  readonly instanceNumber: string;
}

const FACTS = `
  SELECT h.id, i.series_number AS "seriesNumber", i.series_description AS "seriesDescription",
    i.instance_number AS "instanceNumber", (
      SELECT count(*)::int FROM held_image AS o WHERE o.task_id = h.task_id AND o.device = h.device AND o.id <> h.id
        AND o.decision IS NULL) AS alike
  FROM held_image AS h JOIN instance AS i USING (task_id, sop_instance_uid) WHERE h.id = ANY ($1)`;

/** The picture of a held image, PNG as base64; null when it cannot be shown. */
export function pictureOf({ taskId, sopInstanceUid, sealedPicture }: HeldRow, masterKey: Uint8Array): string | null {
  if (sealedPicture === null) return null;
  const picture = unseal(masterKey, sealedPicture, picturePurpose(taskId, sopInstanceUid));
  return Buffer.from(picture).toString('base64');
}
