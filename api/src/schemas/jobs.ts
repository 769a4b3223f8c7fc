import { ACTIONS, JOB_STATES } from '@viaduct/domain';
import { z } from 'zod';
import { count, moment, pageQuery, reference, several, uid, uuid } from './common.ts';

/** (0012,0040) and Patient ID (0010,0020) of the output: VR LO without wildcards, path separators or controls. */
export const pseudonymText = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[\p{L}\p{N}._ -]+$/u, 'letters, digits, dot, hyphen, underscore and space only');

const selectedStudy = z.strictObject({
  sourceId: uuid,
  studyInstanceUid: uid,
  seriesInstanceUids: z.array(uid).max(5_000).optional().meta({ description: 'Absent or empty: the whole study' }),
});

export const jobInput = z
  .strictObject({
    kind: z.literal('selective'),
    title: z.string().trim().max(200).optional(),
    projectId: uuid,
    destinationId: uuid,
    pseudonymize: z.boolean(),
    pseudonym: pseudonymText.optional(),
    trialId: z.string().trim().max(64).optional(),
    trialName: z.string().trim().max(64).optional(),
    urgent: z.boolean().default(false),
    studies: z.array(selectedStudy).min(1).max(100_000),
  })
  .meta({ id: 'JobInput' });
export type JobInput = z.infer<typeof jobInput>;

export const jobHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{8,100}$/, '8 to 100 printable characters')
    .meta({ description: 'Sending the same key again gives the job that the first request made' }),
});

export const requestView = z
  .object({
    id: uuid,
    taskNo: count.nullable(),
    action: z.enum(ACTIONS),
    mode: z.enum(['interrupt', 'drain']).nullable(),
    state: z.enum(['taken', 'applied', 'refused']),
    reason: z.string().nullable(),
    by: z.string(),
    requestedAt: moment,
    settledAt: moment.nullable(),
  })
  .meta({ id: 'Request' });
export type RequestView = z.infer<typeof requestView>;

/** Instances of a job or task by how far they have come; each figure includes the later ones. */
export const instanceCounts = z
  .object({ expected: count, retrieved: count, stored: count, verified: count, failed: count })
  .meta({ id: 'InstanceCounts' });
export const byteCounts = z.object({ retrieved: count, stored: count }).meta({ id: 'ByteCounts' });

export const jobState = z.enum(JOB_STATES).meta({ id: 'JobState' });
export const actionName = z.enum(ACTIONS).meta({ id: 'Action' });

export const job = z
  .object({
    id: uuid,
    number: count,
    kind: z.enum(['selective']),
    title: z.string(),
    project: reference,
    owner: reference,
    sources: z.array(reference),
    destination: reference,
    pseudonymize: z.boolean(),
    trialId: z.string(),
    trialName: z.string(),
    urgent: z.boolean(),
    state: jobState,
    reason: z.string().optional().meta({ description: 'Why it waits or is held, as a sentence' }),
    control: z.enum(['run', 'pause', 'cancel']),
    tasks: z.object({
      pending: count,
      running: count,
      paused: count,
      canceled: count,
      success: count,
      warning: count,
      failure: count,
      total: count,
    }),
    instances: instanceCounts,
    bytes: byteCounts,
    createdAt: moment,
    startedAt: moment.nullable(),
    endedAt: moment.nullable(),
    actions: z.array(actionName).meta({ description: 'What makes sense now' }),
    requests: z.array(requestView).meta({ description: 'The newest 20, newest first' }),
    statusSeq: count,
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof job>;

export const jobQuery = pageQuery.extend({
  state: several(z.enum(JOB_STATES)),
  projectId: uuid.optional(),
  owner: z.string().max(100).optional().meta({ description: 'User id, or `me`' }),
  q: z.string().trim().max(100).optional().meta({ description: 'Number or part of the title' }),
});

export const actionInput = z
  .strictObject({ action: z.enum(ACTIONS), mode: z.enum(['interrupt', 'drain']).optional() })
  .refine((input) => input.mode === undefined || input.action === 'pause', {
    path: ['mode'],
    message: 'only a pause has a mode',
  })
  .meta({ id: 'ActionInput' });
export type ActionInput = z.infer<typeof actionInput>;
