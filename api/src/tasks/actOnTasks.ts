import { hasEnded, type JobState, type TaskAction, type TaskState } from '@viaduct/domain';
import { jobRefusal, taskRefusal, type Database } from '@viaduct/prisma';
import type { z } from 'zod';
import type { Conditions } from '../database/conditions.ts';
import type { SignedIn } from '../http/context.ts';
import { ApiProblem } from '../http/problems.ts';
import { demandJob } from '../jobs/access.ts';
import { ask } from '../jobs/actions.ts';
import { emptyEffect, stops, addSenseless } from '../jobs/effect.ts';
import { actionable } from '../jobs/jobRows.ts';
import { readRequest } from '../jobs/requestView.ts';
import { whyNot } from '../jobs/whyNot.ts';
import type { EffectView } from '../schemas/actions.ts';
import type { TasksActionInput, tasksActionAnswer } from '../schemas/tasks.ts';
import { conditionsOf } from './filter.ts';

interface Selected {
  readonly state: TaskState;
  readonly studies: number;
  readonly stored: number;
}

/**
 * Asks something of several tasks of a job, or only says what that would do. What makes no sense for some of them is
 * done for the others; 409 when it makes sense for none.
 */
export async function actOnTasks(
  database: Database,
  actor: SignedIn,
  jobId: string,
  { action, mode, selection, dryRun }: TasksActionInput,
): Promise<z.input<typeof tasksActionAnswer>> {
  await demandJob(database.client, actor, jobId);
  const { pool, client } = database;
  const job = actionable(await client.job.findUniqueOrThrow({ where: { id: jobId } }));
  const conditions = selectedBy(jobId, selection);
  const { rows } = await pool.query<Selected>(
    `SELECT t.state, count(*)::int AS studies, sum(t.instances_stored)::int AS stored
     FROM task AS t WHERE ${conditions.text} GROUP BY t.state`,
    conditions.values,
  );
  const effect = effectOf(action, job.state, rows);
  const unknown = 'taskNos' in selection ? new Set(selection.taskNos).size - sumOf(rows) : 0;
  if (unknown > 0) addSenseless(effect, whyNot('task-unknown'), unknown);
  if (dryRun) return { dryRun, effect, request: null };
  if (effect.studies === 0) {
    throw new ApiProblem(409, effect.senseless[0]?.reason ?? 'There is no such study.', { name: 'senseless' });
  }
  const possible = rows.filter(({ state }) => !taskRefusal(action, state, job.state)).map(({ state }) => state);
  // A request about every study of a job is one about the job, as long as that makes sense for it as a whole.
  const isWhole = 'filter' in selection && Object.keys(selection.filter).length === 0;
  const taskNos = isWhole && !jobRefusal(action, job) ? undefined : await readTaskNos(pool, conditions, possible);
  const id = await ask(database, { jobId, userId: actor.userId, action, mode, taskNos });
  return { dryRun, effect, request: await readRequest(pool, id) };
}

function selectedBy(jobId: string, selection: TasksActionInput['selection']): Conditions {
  if ('filter' in selection) return conditionsOf(jobId, selection.filter);
  const conditions = conditionsOf(jobId, {});
  conditions.add(`t.task_no = ANY (${conditions.value(selection.taskNos)})`);
  return conditions;
}

function effectOf(action: TaskAction, job: JobState, rows: readonly Selected[]): EffectView {
  const effect = emptyEffect();
  for (const { state, studies, stored } of rows) {
    const refusal = taskRefusal(action, state, job);
    if (refusal) {
      addSenseless(effect, whyNot(refusal), studies);
      continue;
    }
    effect.studies += studies;
    effect.stored += stored;
    if (stops(action) && isRunning(state)) effect.running += studies;
  }
  return effect;
}

const sumOf = (rows: readonly Selected[]) => rows.reduce((sum, { studies }) => sum + studies, 0);

const isRunning = (state: TaskState) => !hasEnded(state) && state !== 'pending' && state !== 'paused';

async function readTaskNos(
  pool: Database['pool'],
  conditions: Conditions,
  states: readonly TaskState[],
): Promise<number[]> {
  conditions.add(`t.state = ANY (${conditions.value(states)})`);
  const { rows } = await pool.query<{ taskNo: number }>(
    `SELECT t.task_no AS "taskNo" FROM task AS t WHERE ${conditions.text} ORDER BY t.task_no`,
    conditions.values,
  );
  return rows.map(({ taskNo }) => taskNo);
}
