import { ACTIONS, JOB_ACTIONS } from '@viaduct/domain';
import { z } from 'zod';
import { count, moment, uuid } from './common.ts';
import { scheduleInput } from './windows.ts';

/** What can be asked of tasks, beside pausing them. */
const ON_TASKS = ['resume', 'cancel', 'retry-failed', 'retry-warnings', 'restart'] as const;
/** What can be done with several jobs at once, beside what their workflows do. */
const ON_JOBS = [...ON_TASKS, 'force-end', 'delete'] as const;

export const jobActionName = z.enum(JOB_ACTIONS).meta({ id: 'JobAction' });
export const taskActionName = z.enum(['pause', ...ON_TASKS]).meta({ id: 'TaskAction' });

export const pauseMode = z.enum(['interrupt', 'drain']).meta({
  id: 'PauseMode',
  description: 'interrupt (default) stops at the next image, drain finishes the parts that run',
});
const urgency = z.strictObject({ urgent: z.boolean() });
const pause = { action: z.literal('pause'), mode: pauseMode.optional() };
const setPriority = { action: z.literal('set-priority'), value: urgency };
const setSchedule = { action: z.literal('set-schedule'), value: scheduleInput };

/** What is asked of one job. */
export const actionInput = z
  .discriminatedUnion('action', [
    z.strictObject({ action: z.enum(ON_TASKS) }),
    z.strictObject(pause),
    z.strictObject(setPriority),
    z.strictObject(setSchedule),
  ])
  .meta({ id: 'ActionInput' });
export type ActionInput = z.infer<typeof actionInput>;

/** What is asked of one task. */
export const taskActionInput = z
  .discriminatedUnion('action', [z.strictObject({ action: z.enum(ON_TASKS) }), z.strictObject(pause)])
  .meta({ id: 'TaskActionInput' });
export type TaskActionInput = z.infer<typeof taskActionInput>;

/** Most jobs that one bulk action names. */
export const MOST_JOBS = 1_000;
const bulk = {
  target: z
    .union([
      z.strictObject({ jobIds: z.array(uuid).min(1).max(MOST_JOBS) }),
      z.strictObject({ nodeId: uuid }),
      z.strictObject({ projectId: uuid }),
    ])
    .meta({ description: 'Jobs, the studies of one node in every job, or all jobs of one project' }),
  dryRun: z.boolean().default(false).meta({ description: 'Only say what would happen' }),
};
/** What is asked of several jobs. */
export const bulkInput = z
  .discriminatedUnion('action', [
    z.strictObject({ action: z.enum(ON_JOBS), ...bulk }),
    z.strictObject({ ...pause, ...bulk }),
    z.strictObject({ ...setPriority, ...bulk }),
    z.strictObject({ ...setSchedule, ...bulk }),
  ])
  .meta({ id: 'BulkInput' });
export type BulkInput = z.infer<typeof bulkInput>;

/** What an action does, in numbers. */
export const effect = z
  .object({
    studies: count.meta({ description: 'Studies that it changes' }),
    running: count.meta({ description: 'Running studies of them, which stop (pause, cancel, force-end)' }),
    stored: count.meta({ description: 'Images of them that are stored already and stay' }),
    senseless: z
      .array(z.object({ reason: z.string(), count }))
      .meta({ description: 'Jobs, or studies of one job, that it makes no sense for, by reason' }),
  })
  .meta({ id: 'Effect' });
export type EffectView = z.infer<typeof effect>;

/** What came of a bulk action for one job. */
export const bulkResult = z
  .object({
    jobId: uuid,
    number: count,
    title: z.string(),
    outcome: z.enum(['ok', 'refused']).meta({ description: 'In a dry run: what it would be' }),
    reason: z.string().nullable(),
    requestId: uuid.nullable(),
  })
  .meta({ id: 'BulkResult' });
export type BulkResultView = z.infer<typeof bulkResult>;

export const bulkAnswer = z
  .object({
    dryRun: z.boolean(),
    jobs: z.object({ ok: count, refused: count }),
    effect,
    results: z.array(bulkResult),
  })
  .meta({ id: 'BulkAnswer' });
export type BulkAnswerView = z.infer<typeof bulkAnswer>;

/** Something a person asked for, and what came of it. */
export const requestView = z
  .object({
    id: uuid,
    taskNo: count.nullable().meta({ description: 'The task, when it is about a single one' }),
    taskCount: count.meta({ description: 'How many tasks it names; 0: the whole job' }),
    action: z.enum([...ACTIONS, 'force-end']),
    mode: pauseMode.nullable(),
    urgent: z.boolean().nullable().meta({ description: 'The new urgency (set-priority)' }),
    state: z.enum(['taken', 'applied', 'refused']),
    reason: z.string().nullable(),
    changed: count.meta({ description: 'Studies that it changed' }),
    unchanged: count.meta({ description: 'Studies that it could not change' }),
    waitingFor: count.meta({ description: 'Studies that still have to stop before it is applied' }),
    by: z.string(),
    requestedAt: moment,
    settledAt: moment.nullable(),
  })
  .meta({ id: 'Request' });
export type RequestView = z.infer<typeof requestView>;
