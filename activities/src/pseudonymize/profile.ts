import { parseProfile, type Profile } from '@viaduct/deid';
import type { Dependencies } from '../dependencies.ts';
import { StepError } from '../failures.ts';
import type { TaskFacts } from '../record/tasks.ts';

/** The version of a profile that a task goes by. */
export interface TaskProfile {
  readonly profile: Profile;
  readonly hash: string;
}

/**
 * The profile of a task: the newest version of its project's when it is asked for the first time, and that one from then
 * on, so that all images of the task are treated alike.
 * @throws StepError `internal` when the project names a profile that is not there
 */
export async function profileOf({ database }: Dependencies, task: TaskFacts): Promise<TaskProfile> {
  const { pool } = database;
  await pool.query(
    `UPDATE task SET profile_id = p.profile_id, profile_version = p.version
     FROM (SELECT v.profile_id, v.version FROM profile_version AS v JOIN project ON project.profile_id = v.profile_id
       WHERE project.id = $2 ORDER BY v.version DESC LIMIT 1) AS p
     WHERE task.id = $1 AND task.profile_version IS NULL`,
    [task.id, task.projectId],
  );
  const { rows } = await pool.query<{ content: unknown; hash: string }>(
    `SELECT v.content, v.hash FROM profile_version AS v JOIN task USING (profile_id)
     WHERE task.id = $1 AND v.version = task.profile_version`,
    [task.id],
  );
  const [row] = rows;
  if (!row) throw new StepError('internal', { what: 'profile' });
  return { profile: parseProfile(row.content), hash: row.hash };
}
