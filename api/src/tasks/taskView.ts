import {
  explain,
  isCause,
  taskActionsFor,
  type Cause,
  type CauseFacts,
  type TaskState,
  type WaitReason,
} from '@viaduct/domain';
import type { Database, Prisma } from '@viaduct/prisma';
import { progressOf } from '../jobs/jobRows.ts';
import type { FailureView } from '../schemas/common.ts';
import type { TaskView } from '../schemas/tasks.ts';
import type { WaitView } from '../schemas/waits.ts';
import { dateOf, timeOf } from '../searches/dicomText.ts';
import { readSurroundings } from '../waits/surroundings.ts';
import { readTaskWaits } from '../waits/taskWaits.ts';

/** What a task is read with. */
export const taskShown = {
  id: true,
  jobId: true,
  taskNo: true,
  sourceId: true,
  destinationId: true,
  source: { select: { id: true, name: true } },
  destination: { select: { id: true, name: true } },
  studyInstanceUid: true,
  seriesInstanceUids: true,
  patientId: true,
  patientName: true,
  studyDate: true,
  studyTime: true,
  modalities: true,
  studyDescription: true,
  accessionNumber: true,
  pseudonym: true,
  profile: { select: { profileId: true, version: true, hash: true } },
  state: true,
  cause: true,
  causeFacts: true,
  wait: true,
  shortfall: true,
  instancesExpected: true,
  instancesRetrieved: true,
  instancesStored: true,
  instancesVerified: true,
  instancesFailed: true,
  bytesRetrieved: true,
  bytesStored: true,
  startedAt: true,
  endedAt: true,
} as const;

/** A task as it is read. */
export type TaskRow = Prisma.TaskGetPayload<{ select: typeof taskShown }>;

/** The names of the two ends of a task, to which causes and waits refer. */
export interface NamedEnds {
  readonly source: { readonly id: string; readonly name: string };
  readonly destination: { readonly id: string; readonly name: string };
}

/** Causes that only a destination has, for records that do not say which node they are about. */
const OF_THE_DESTINATION: ReadonlySet<Cause> = new Set(['not-at-destination', 'attribute-coerced']);

const nameOf = (nodeId: unknown, { source, destination }: NamedEnds) =>
  nodeId === destination.id ? destination.name : source.name;

/** A recorded cause in words; undefined when there is none. */
export function failureOf(cause: string | null, causeFacts: unknown, ends: NamedEnds): FailureView | undefined {
  if (!isCause(cause)) return undefined;
  const facts = (causeFacts ?? {}) as CauseFacts;
  const nodeId = OF_THE_DESTINATION.has(cause) ? ends.destination.id : facts['nodeId'];
  return { cause, ...explain(cause, facts, nameOf(nodeId, ends)) };
}

/** Tasks as the API shows them, each with why it waits. */
export async function readTaskViews(database: Database, rows: readonly TaskRow[]): Promise<TaskView[]> {
  const held = rows.map((row) => ({ ...row, wait: row.wait as WaitReason | null }));
  const waits = await readTaskWaits(database, held, await readSurroundings(database));
  return rows.map((row) => taskView(row, waits.get(row.id) ?? null));
}

/** The tasks of a job with these numbers, in their order. */
export async function readTasksByNo(
  database: Database,
  jobId: string,
  taskNos: readonly number[],
): Promise<TaskView[]> {
  if (taskNos.length === 0) return [];
  const rows = await database.client.task.findMany({
    where: { jobId, taskNo: { in: [...taskNos] } },
    orderBy: { taskNo: 'asc' },
    select: taskShown,
  });
  return readTaskViews(database, rows);
}

function taskView(row: TaskRow, wait: WaitView | null): TaskView {
  const state = row.state as TaskState;
  const failure = failureOf(row.cause, row.causeFacts, row);
  return {
    taskNo: row.taskNo,
    source: row.source,
    destination: row.destination,
    studyInstanceUid: row.studyInstanceUid,
    seriesInstanceUids: row.seriesInstanceUids,
    patientId: row.patientId,
    patientName: row.patientName,
    studyDate: dateOf(row.studyDate),
    studyTime: timeOf(row.studyTime),
    modalities: row.modalities,
    studyDescription: row.studyDescription,
    accessionNumber: row.accessionNumber,
    pseudonym: row.pseudonym,
    profile: row.profile && { id: row.profile.profileId, version: row.profile.version, hash: row.profile.hash },
    state,
    wait,
    ...(failure && { failure }),
    ...progressOf(row),
    shortfall: row.shortfall,
    actions: taskActionsFor(state),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}
