import { INSTANCE_STATES, TASK_STATES } from '@viaduct/domain';
import { z } from 'zod';
import { count, failure, moment, pageQuery, reference, several } from './common.ts';
import { actionName, byteCounts, instanceCounts, jobState } from './jobs.ts';

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
    pseudonym: z.string().nullable(),
    state: jobState,
    wait: z.object({ kind: z.string(), sentence: z.string() }).optional().meta({ description: 'Why it waits now' }),
    failure: failure.optional(),
    instances: instanceCounts,
    shortfall: count.meta({ description: 'Instances that the source counted but never named' }),
    bytes: byteCounts,
    actions: z.array(actionName),
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
export type TaskDetailView = z.infer<typeof taskDetail>;

export const taskQuery = pageQuery.extend({ state: several(z.enum(TASK_STATES)) });

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
