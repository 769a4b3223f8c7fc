import { INSTANCE_STATES, TASK_STATES } from '@viaduct/domain';
import { z } from 'zod';
import { effect, pauseMode, requestView, taskActionName } from './actions.ts';
import { count, failure, moment, pageOf, pageQuery, reference, several, uuid } from './common.ts';
import { byteCounts, instanceCounts, jobState, taskCounts } from './jobs.ts';
import { wait } from './waits.ts';

export const task = z
  .object({
    taskNo: count,
    source: reference,
    destination: reference,
    studyInstanceUid: z.string(),
    seriesInstanceUids: z.array(z.string()),
    patientId: z.string(),
    patientName: z.string(),
    studyDate: z.string().meta({ description: 'YYYY-MM-DD, or empty' }),
    studyTime: z.string().meta({ description: 'HH:MM, or empty' }),
    modalities: z.array(z.string()),
    studyDescription: z.string(),
    accessionNumber: z.string(),
    pseudonym: z.string().nullable(),
    profile: z
      .object({ id: z.string(), version: count, hash: z.string() })
      .nullable()
      .meta({ description: 'What it is de-identified with, once its images are known' }),
    state: jobState,
    wait: wait.nullable().meta({ description: 'Why it does not move' }),
    failure: failure.optional(),
    instances: instanceCounts,
    shortfall: count.meta({ description: 'Instances that the source counted but never named' }),
    bytes: byteCounts,
    actions: z.array(taskActionName),
    startedAt: moment.nullable(),
    endedAt: moment.nullable(),
  })
  .meta({ id: 'Task' });
export type TaskView = z.infer<typeof task>;

export const step = z
  .object({
    id: count,
    runNo: count,
    step: z.string(),
    partNo: count.nullable(),
    attempt: count,
    hostId: z.string(),
    startedAt: moment,
    endedAt: moment.nullable(),
    outcome: z.enum(['done', 'canceled', 'failed']).nullable().meta({ description: 'null while it runs' }),
    failure: failure.optional(),
    instances: count.nullable(),
  })
  .meta({ id: 'Step' });
export type StepView = z.infer<typeof step>;

/** A task with its newest 500 steps, oldest first. */
export const taskDetail = task.extend({ steps: z.array(step) }).meta({ id: 'TaskDetail' });

const text = z.string().trim().max(100).optional().meta({
  description:
    'Part of the study description, or the beginning of accession number, pseudonym, patient ID, name or UID',
});
const cause = z.string().max(40);

export const taskQuery = pageQuery.extend({
  state: several(z.enum(TASK_STATES)),
  cause: several(cause).meta({ description: 'Why they failed' }),
  causeNodeId: uuid.optional().meta({ description: 'The node that the cause is about' }),
  nodeId: uuid.optional().meta({ description: 'Source or destination' }),
  q: text,
});

/** A page of tasks with the totals of the whole job. */
export const taskPage = pageOf(task).extend({ totals: taskCounts }).meta({ id: 'TaskPage' });

/** Chooses tasks of one job as the list of tasks does. */
export const taskFilter = z
  .strictObject({
    state: z.array(z.enum(TASK_STATES)).max(10).optional(),
    cause: z.array(cause).max(50).optional(),
    causeNodeId: uuid.optional(),
    nodeId: uuid.optional(),
    q: text,
  })
  .meta({ id: 'TaskFilter' });
export type TaskFilter = z.infer<typeof taskFilter>;

/** Tasks that one request names one by one. */
const MOST_TASKS = 10_000;
const selected = {
  selection: z.union([
    z.strictObject({ taskNos: z.array(z.int().positive()).min(1).max(MOST_TASKS) }),
    z.strictObject({ filter: taskFilter }),
  ]),
  dryRun: z.boolean().default(false).meta({ description: 'Only say what would happen' }),
};
/** What is asked of several tasks of one job. */
export const tasksActionInput = z
  .strictObject({ action: taskActionName, mode: pauseMode.optional(), ...selected })
  .refine(({ action, mode }) => mode === undefined || action === 'pause', {
    path: ['mode'],
    message: 'only a pause has a mode',
  })
  .meta({ id: 'TasksActionInput' });
export type TasksActionInput = z.infer<typeof tasksActionInput>;

export const tasksActionAnswer = z
  .object({
    dryRun: z.boolean(),
    effect,
    request: requestView.nullable().meta({ description: 'null in a dry run' }),
  })
  .meta({ id: 'TasksActionAnswer' });

/** What failed for the same reason at the same node. */
export const failureGroup = z
  .object({
    failure,
    node: reference.nullable(),
    studies: count,
    instances: count.meta({ description: 'Images that are missing or failed' }),
    taskNos: z.array(count).meta({ description: 'The first five' }),
    filter: taskFilter.meta({ description: 'Chooses exactly these tasks' }),
  })
  .meta({ id: 'FailureGroup' });
export type FailureGroupView = z.infer<typeof failureGroup>;

/** A series, or what of it stays here for the same reason, although nothing has failed. */
export const withheldSeries = z
  .object({
    taskNo: count,
    seriesInstanceUid: z.string(),
    modality: z.string(),
    seriesNumber: z.string(),
    seriesDescription: z.string(),
    state: z.enum(['excluded', 'held']),
    because: z
      .enum(['modality', 'left-out'])
      .nullable()
      .meta({ description: 'Left out by its modality, or by the profile or a reviewer; null while it is held' }),
    instances: count,
  })
  .meta({ id: 'WithheldSeries' });

/** One SOP instance of a task, as far as it has come. */
export const instance = z
  .object({
    sopInstanceUid: z.string(),
    seriesInstanceUid: z.string(),
    sopClassUid: z.string(),
    transferSyntaxUid: z.string(),
    modality: z.string(),
    seriesNumber: z.string(),
    seriesDescription: z.string(),
    instanceNumber: z.string(),
    state: z.enum(INSTANCE_STATES),
    partNo: count.nullable(),
    hostId: z.string().nullable(),
    bytes: count.nullable(),
    sha256: z.string().nullable(),
    outSopInstanceUid: z.string().nullable(),
    outBytes: count.nullable(),
    outSha256: z.string().nullable(),
    storeStatus: count.nullable(),
    outPath: z.string().nullable(),
    failure: failure.optional(),
    retrievedAt: moment.nullable(),
    storedAt: moment.nullable(),
    verifiedAt: moment.nullable(),
  })
  .meta({ id: 'Instance' });
export type InstanceView = z.infer<typeof instance>;

export const ledgerQuery = pageQuery.extend({ state: several(z.enum(INSTANCE_STATES)) });

/** The record of a finished task, for download. */
export const manifest = z.record(z.string(), z.unknown()).meta({ id: 'Manifest' });
