import { JOB_STATES } from '@viaduct/domain';
import { z } from 'zod';
import { jobActionName, requestView } from './actions.ts';
import { calendarDate, count, moment, pageQuery, reference, several, uid, uuid } from './common.ts';
import { wait } from './waits.ts';
import { schedule, scheduleInput } from './windows.ts';

/** (0012,0040) and Patient ID (0010,0020) of the output: VR LO without wildcards, path separators or controls. */
export const pseudonymText = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[\p{L}\p{N}._ -]+$/u, 'Letters, digits, dot, hyphen, underscore and space only.');

const selectedStudy = z.strictObject({
  sourceId: uuid,
  studyInstanceUid: uid,
  seriesInstanceUids: z.array(uid).max(5_000).optional().meta({ description: 'Absent or empty: the whole study' }),
});

/** (0008,0060), VR CS. */
const modality = z.string().regex(/^[A-Z0-9_ ]{1,16}$/, 'Write modalities as CT, MR.');

const options = {
  title: z.string().trim().max(200).optional(),
  pseudonym: pseudonymText.optional(),
  trialId: z.string().trim().max(64).optional(),
  trialName: z.string().trim().max(64).optional(),
  excludeModalities: z.array(modality).max(50).optional().meta({
    description: 'Series of these are left out; absent: PR and SR when pseudonymizing, else none',
  }),
};

export const jobInput = z
  .strictObject({
    kind: z.literal('selective'),
    projectId: uuid,
    destinationId: uuid,
    pseudonymize: z.boolean(),
    ...options,
    urgent: z.boolean().default(false),
    schedule: scheduleInput.nullable().default(null).meta({ description: 'Absent or null: now, at any hour' }),
    studies: z.array(selectedStudy).min(1).max(100_000),
  })
  .meta({ id: 'JobInput' });
export type JobInput = z.infer<typeof jobInput>;

/** A new job with the studies of another one; what is left out is as there. */
export const cloneInput = z
  .strictObject({
    projectId: uuid.optional(),
    destinationId: uuid.optional(),
    pseudonymize: z.boolean().optional(),
    ...options,
    urgent: z.boolean().optional(),
    schedule: scheduleInput.nullable().optional().meta({ description: 'null: now, at any hour' }),
  })
  .meta({ id: 'CloneInput' });
export type CloneInput = z.infer<typeof cloneInput>;

export const jobHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{8,100}$/, '8 to 100 printable characters')
    .meta({ description: 'Sending the same key again gives the job that the first request made' }),
});

/** Instances of a job or task by how far they have come; each figure includes the later ones. */
export const instanceCounts = z
  .object({ expected: count, retrieved: count, stored: count, verified: count, failed: count })
  .meta({ id: 'InstanceCounts' });
export const byteCounts = z.object({ retrieved: count, stored: count }).meta({ id: 'ByteCounts' });
/** Tasks by state; `running` includes those that are being stopped. */
export const taskCounts = z
  .object({
    pending: count,
    running: count,
    paused: count,
    canceled: count,
    success: count,
    warning: count,
    failure: count,
    total: count,
  })
  .meta({ id: 'TaskCounts' });

export const jobState = z.enum(JOB_STATES).meta({ id: 'JobState' });

/** A job as lists show it. */
export const jobRow = z
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
    urgent: z.boolean(),
    schedule: schedule.nullable().meta({ description: 'null: now, at any hour' }),
    state: jobState,
    wait: wait.nullable().meta({ description: 'Why it waits or is held; also why a part of a running job waits' }),
    control: z.enum(['run', 'pause', 'cancel']),
    tasks: taskCounts,
    instances: instanceCounts,
    bytes: byteCounts,
    rate: count.nullable().meta({ description: 'Bytes stored per second over the last minute, while it runs' }),
    endsAbout: moment.nullable().meta({ description: 'When it ends at this rate, inside its hours' }),
    createdAt: moment,
    startedAt: moment.nullable().meta({ description: 'When the first of its studies began' }),
    endedAt: moment.nullable(),
    actions: z.array(jobActionName).meta({ description: 'What makes sense now and is allowed to the person' }),
    statusSeq: count,
  })
  .meta({ id: 'JobRow' });
export type JobRowView = z.infer<typeof jobRow>;

/** A job with everything its page shows. */
export const job = jobRow
  .extend({
    trialId: z.string(),
    trialName: z.string(),
    excludeModalities: z.array(z.string()).meta({ description: 'Series of these are left out' }),
    profile: reference
      .nullable()
      .meta({ description: 'What its next studies are pseudonymized by; null: they are not' }),
    whyNot: z.partialRecord(jobActionName, z.string()).meta({ description: 'Why the other actions make no sense now' }),
    requests: z.array(requestView).meta({ description: 'The newest 20, newest first' }),
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof job>;

const yesOrNo = z.enum(['true', 'false']).transform((text) => text === 'true');

export const jobQuery = pageQuery.extend({
  state: several(z.enum(JOB_STATES)),
  projectId: uuid.optional(),
  owner: z.string().max(100).optional().meta({ description: 'User id, or `me`' }),
  nodeId: uuid.optional().meta({ description: 'Source or destination' }),
  urgent: yesOrNo.optional(),
  q: z.string().trim().max(100).optional().meta({ description: 'Number or part of the title' }),
  from: calendarDate.optional().meta({ description: 'Created on this day (UTC) or later' }),
  until: calendarDate.optional().meta({ description: 'Created on this day (UTC) or earlier' }),
  sort: z.enum(['number', 'started', 'ended']).default('number').meta({ description: 'Newest first' }),
});

const logged = { at: moment, runNo: count };
/** One thing that happened to a job. */
export const logEntry = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('request'), ...logged, request: requestView }),
    z.object({ kind: z.literal('run'), ...logged, event: z.enum(['requested', 'started', 'ended']) }),
    z.object({
      kind: z.literal('failure'),
      ...logged,
      taskNo: count,
      step: z.string(),
      partNo: count.nullable(),
      attempt: count,
      hostId: z.string(),
      text: z.string(),
    }),
  ])
  .meta({ id: 'LogEntry' });
export type LogEntryView = z.infer<typeof logEntry>;
