import {
  ALWAYS,
  endOf,
  hasEnded,
  type Actionable,
  type Ends,
  type JobState,
  type Schedule,
  type WaitReason,
} from '@viaduct/domain';
import type { Database, Prisma } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import type { JobRowView } from '../schemas/jobs.ts';
import { readJobWaits } from '../waits/jobWaits.ts';
import { readSurroundings, type Surroundings } from '../waits/surroundings.ts';
import { allowedActions } from './allowed.ts';
import { imagesLeft } from './estimate.ts';
import type { Rates } from './rates.ts';

/** What jobs are read from. */
export interface JobReading {
  readonly database: Database;
  readonly rates: Rates;
}

const shown = {
  project: { select: { id: true, name: true } },
  owner: { select: { id: true, name: true } },
} as const;

type Found = Prisma.JobGetPayload<{ include: typeof shown }>;
/** A job as it is read, with what its table only knows as text. */
export type FoundJob = Omit<Found, 'state' | 'schedule' | 'wait'> & {
  readonly state: JobState;
  readonly schedule: Schedule | null;
  readonly wait: WaitReason | null;
};

/** A job as lists show it, for everybody; `forActor` says what one person may do with it. */
export interface ReadJob {
  readonly found: FoundJob;
  readonly view: Omit<JobRowView, 'actions'>;
}

/** Reads the jobs with these ids, in the order of the ids; those that are gone or deleted are left out. */
export async function readJobRows({ database, rates }: JobReading, ids: readonly string[]): Promise<ReadJob[]> {
  if (ids.length === 0) return [];
  const [rows, around] = await Promise.all([
    database.client.job.findMany({ where: { id: { in: [...ids] }, deletedAt: null }, include: shown }),
    readSurroundings(database),
  ]);
  const found = rows.map((row) => row as unknown as FoundJob);
  const waits = await readJobWaits(database, found, around);
  const read = new Map(
    found.map((row) => {
      const wait = waits.get(row.id) ?? null;
      return [row.id, { found: row, view: { ...viewOf(row, around), ...speedOf(row, rates, around), wait } }];
    }),
  );
  return ids.flatMap((id) => read.get(id) ?? []);
}

/** A row as one person sees it. */
export function forActor({ found, view }: ReadJob, actor: SignedIn): JobRowView {
  return { ...view, actions: allowedActions(actor, actionable(found)) };
}

/** What decides which actions on a job make sense. */
export function actionable(
  row: {
    readonly [Count in `tasks${'Failure' | 'Canceled' | 'Warning' | 'Paused'}`]: number;
  } & { readonly state: string },
): Actionable {
  return {
    state: row.state as JobState,
    failed: row.tasksFailure + row.tasksCanceled,
    warnings: row.tasksWarning,
    paused: row.tasksPaused,
  };
}

/** Tasks of a job by state. */
export function taskCountsOf(row: {
  readonly [
    State in `tasks${'Pending' | 'Running' | 'Paused' | 'Canceled' | 'Success' | 'Warning' | 'Failure'}`
  ]: number;
}): JobRowView['tasks'] {
  const counts = {
    pending: row.tasksPending,
    running: row.tasksRunning,
    paused: row.tasksPaused,
    canceled: row.tasksCanceled,
    success: row.tasksSuccess,
    warning: row.tasksWarning,
    failure: row.tasksFailure,
  };
  return { ...counts, total: Object.values(counts).reduce((sum, count) => sum + count, 0) };
}

/** How far a job or a task has come. */
export function progressOf(
  row: {
    readonly [Count in `instances${'Expected' | 'Retrieved' | 'Stored' | 'Verified' | 'Failed'}`]: number;
  } & { readonly bytesRetrieved: bigint; readonly bytesStored: bigint },
): Pick<JobRowView, 'instances' | 'bytes'> {
  return {
    instances: {
      expected: row.instancesExpected,
      retrieved: row.instancesRetrieved,
      stored: row.instancesStored,
      verified: row.instancesVerified,
      failed: row.instancesFailed,
    },
    bytes: { retrieved: Number(row.bytesRetrieved), stored: Number(row.bytesStored) },
  };
}

function speedOf(row: FoundJob, rates: Rates, { nodes, now }: Surroundings): Pick<JobRowView, 'rate' | 'endsAbout'> {
  const { sourceIds, destinationIds } = row;
  const rate = hasEnded(row.state) ? undefined : rates.of(row.id);
  if (!rate) return { rate: null, endsAbout: null };
  const left = imagesLeft({
    tasks: taskCountsOf(row).total,
    untouched: row.tasksPending,
    expected: row.instancesExpected,
    over: row.instancesStored + row.instancesFailed,
  });
  const gates = {
    schedule: row.schedule ?? ALWAYS,
    urgent: row.urgent,
    nodes: [...sourceIds, ...destinationIds].flatMap((id) => nodes.get(id) ?? []),
  };
  const workMs = left === undefined || rate.instances === 0 ? undefined : (1_000 * left) / rate.instances;
  const end = workMs === undefined ? undefined : endOf(gates, onePair(sourceIds, destinationIds), now, workMs);
  return { rate: Math.round(rate.bytes), endsAbout: end === undefined ? null : new Date(end).toISOString() };
}

function onePair([sourceId, ...others]: readonly string[], [destinationId]: readonly string[]): Ends | undefined {
  return sourceId && destinationId && others.length === 0 ? { sourceId, destinationId } : undefined;
}

function viewOf(row: FoundJob, { nodes }: Surroundings): Omit<JobRowView, 'actions' | 'wait' | 'rate' | 'endsAbout'> {
  const named = (id: string) => ({ id, name: nodes.get(id)?.name ?? '' });
  return {
    id: row.id,
    number: row.number,
    kind: 'selective',
    title: row.title,
    project: row.project,
    owner: row.owner,
    sources: row.sourceIds.map(named).sort((a, b) => a.name.localeCompare(b.name)),
    destination: named(row.destinationIds[0] ?? ''),
    pseudonymize: row.pseudonymize,
    urgent: row.urgent,
    schedule: row.schedule,
    state: row.state,
    control: row.control as JobRowView['control'],
    tasks: taskCountsOf(row),
    ...progressOf(row),
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    statusSeq: Number(row.statusSeq),
  };
}
