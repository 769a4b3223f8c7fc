-- Hours and both faces of nodes, schedules of jobs, requests about several tasks.

ALTER TABLE node
  ADD COLUMN requests_per_minute integer,
  ADD COLUMN query_character_set text,
  ADD COLUMN web_url text,
  ADD COLUMN web_qido_prefix text NOT NULL DEFAULT '',
  ADD COLUMN web_wado_prefix text NOT NULL DEFAULT '',
  ADD COLUMN web_stow_prefix text NOT NULL DEFAULT '',
  ADD COLUMN web_auth text NOT NULL DEFAULT 'none',
  ADD COLUMN web_auth_name text,
  ADD COLUMN web_auth_token_url text,
  ADD COLUMN web_auth_secret bytea,
  ADD COLUMN windows jsonb,
  ADD COLUMN suspended_by text,
  ADD COLUMN suspended_at timestamptz,
  ADD COLUMN probe boolean NOT NULL DEFAULT true;

ALTER TABLE pacs_slot ADD COLUMN job_id uuid;

CREATE TABLE pacs_rate (
  node_id uuid NOT NULL,
  tat timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  requests bigint NOT NULL DEFAULT 0,
  CONSTRAINT pacs_rate_pkey PRIMARY KEY (node_id),
  CONSTRAINT pacs_rate_node_id_fkey FOREIGN KEY (node_id) REFERENCES node (id) ON DELETE CASCADE ON UPDATE CASCADE
);

ALTER TABLE job
  ADD COLUMN schedule jsonb,
  ADD COLUMN wait jsonb,
  ADD COLUMN deleted_at timestamptz;

ALTER TABLE job_run ADD COLUMN requeue text NOT NULL DEFAULT 'failed';

CREATE INDEX job_project_id_number_idx ON job (project_id, number);
CREATE INDEX job_owner_id_number_idx ON job (owner_id, number);
CREATE INDEX task_job_id_cause_task_no_idx ON task (job_id, cause, task_no);
CREATE INDEX task_claimed_idx ON task (job_id, run_no, chunk_no)
  WHERE chunk_no IS NOT NULL AND state IN ('pending', 'waiting', 'running', 'pausing', 'paused', 'canceling');
CREATE INDEX task_ended_at_idx ON task (ended_at);
CREATE INDEX task_source_id_state_idx ON task (source_id, state);
CREATE INDEX task_destination_id_state_idx ON task (destination_id, state);

CREATE INDEX step_failed_idx ON step (ended_at) WHERE outcome = 'failed';

ALTER TABLE request
  ADD COLUMN task_nos integer[] DEFAULT ARRAY[]::integer[],
  ADD COLUMN value jsonb,
  ADD COLUMN waiting_for integer[] DEFAULT ARRAY[]::integer[],
  ADD COLUMN changed integer NOT NULL DEFAULT 0,
  ADD COLUMN unchanged integer NOT NULL DEFAULT 0;
UPDATE request SET task_nos = ARRAY[task.task_no],
  waiting_for = CASE WHEN request.state = 'taken' AND task.wanted = request.action THEN ARRAY[task.task_no] ELSE '{}' END,
  changed = (request.state = 'applied')::integer,
  unchanged = (request.state = 'refused')::integer
  FROM task WHERE task.id = request.task_id;
ALTER TABLE request DROP COLUMN task_id;

-- A node with a limit of requests has the row that its requests are counted in.

CREATE FUNCTION node_rate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO pacs_rate (node_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER node_rate AFTER INSERT OR UPDATE OF requests_per_minute ON node FOR EACH ROW
  WHEN (NEW.requests_per_minute IS NOT NULL) EXECUTE FUNCTION node_rate();

-- A job waits when its workflow says so and nothing of it runs; a paused one of which nothing is left is about to end.

CREATE OR REPLACE FUNCTION job_state(j job) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  run text;
  total integer := j.tasks_pending + j.tasks_running + j.tasks_paused + j.tasks_canceled
    + j.tasks_success + j.tasks_warning + j.tasks_failure;
BEGIN
  SELECT state INTO run FROM job_run WHERE job_id = j.id AND run_no = j.run_no;
  RETURN CASE
    WHEN run IS NULL OR run = 'requested' THEN 'pending'
    WHEN run = 'ended' THEN CASE
      WHEN j.control = 'cancel' THEN 'canceled'
      WHEN j.tasks_failure > 0 THEN 'failure'
      WHEN total > 0 AND j.tasks_canceled = total THEN 'canceled'
      WHEN j.tasks_warning + j.tasks_canceled > 0 THEN 'warning'
      WHEN j.tasks_success = total THEN 'success'
      ELSE 'failure'
    END
    WHEN j.control = 'cancel' THEN 'canceling'
    WHEN j.tasks_running + j.tasks_pending + j.tasks_paused = 0 THEN 'running'
    WHEN j.control = 'pause' THEN CASE WHEN j.tasks_running > 0 THEN 'pausing' ELSE 'paused' END
    WHEN j.tasks_running + j.tasks_pending = 0 THEN 'paused'
    WHEN j.tasks_running = 0 AND j.wait IS NOT NULL THEN 'waiting'
    ELSE 'running'
  END;
END $$;

