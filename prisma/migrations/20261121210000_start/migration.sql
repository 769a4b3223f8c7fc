-- A job has started once one of its studies runs: until then it only waits.

CREATE OR REPLACE FUNCTION job_changing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.state := job_state(NEW);
  NEW.status_seq := nextval('status_seq');
  IF NEW.tasks_running > 0 THEN
    NEW.started_at := coalesce(NEW.started_at, now());
  END IF;
  RETURN NEW;
END $$;

UPDATE job SET started_at = NULL
WHERE ended_at IS NULL AND NOT EXISTS (SELECT FROM task WHERE job_id = job.id AND task.started_at IS NOT NULL);
