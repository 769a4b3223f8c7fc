import type { Queryable } from './database.ts';

/** A task that has come to a state in which nobody has to put it down any more. */
export interface SettledTask {
  readonly taskNo: number;
  readonly state: string;
}

/**
 * Takes tasks of a job off the requests that wait for them. A request is settled with its last task: applied when it
 * has changed any, else refused.
 */
export async function settleTaskRequests(
  client: Queryable,
  jobId: string,
  tasks: readonly SettledTask[],
): Promise<void> {
  if (tasks.length === 0) return;
  await client.query(SETTLE, [jobId, tasks.map(({ taskNo }) => taskNo), tasks.map(({ state }) => state)]);
}

const SETTLE = `
  WITH effect AS (
    SELECT r.id, array_agg(s.task_no) AS task_nos, bool_or(s.state = 'pending') AS resumed,
      count(*) FILTER (WHERE (r.action, s.state) IN (('pause', 'paused'), ('cancel', 'canceled')))::int AS changed
    FROM request AS r JOIN unnest($2::integer[], $3::text[]) AS s(task_no, state) ON s.task_no = ANY (r.waiting_for)
    WHERE r.job_id = $1 AND r.state = 'taken' GROUP BY r.id
  ), counted AS (
    SELECT r.id, e.resumed, r.changed + e.changed AS changed,
      r.unchanged + cardinality(e.task_nos) - e.changed AS unchanged,
      ARRAY(SELECT unnest(r.waiting_for) EXCEPT SELECT unnest(e.task_nos) ORDER BY 1) AS waiting_for
    FROM request AS r JOIN effect AS e USING (id)
  )
  UPDATE request AS r SET changed = c.changed, unchanged = c.unchanged, waiting_for = c.waiting_for,
    settled_at = CASE WHEN c.waiting_for = '{}' THEN now() END,
    state = CASE WHEN c.waiting_for <> '{}' THEN r.state WHEN c.changed > 0 THEN 'applied' ELSE 'refused' END,
    reason = CASE WHEN c.waiting_for = '{}' AND c.changed = 0
      THEN CASE WHEN c.resumed THEN 'not-paused' ELSE 'task-ended' END END
  FROM counted AS c WHERE r.id = c.id`;
