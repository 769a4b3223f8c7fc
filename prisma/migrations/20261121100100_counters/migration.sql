-- Counters, derived states, slots and notifications: what must hold whoever writes.
-- Rows are always locked in the order instance, task, job, so that writers never wait for each other in a circle.

-- One rising number for every visible change of a job; the id of its server-sent events.
CREATE SEQUENCE status_seq;

-- Instances -> task. Statement-level: a batch of rows costs one update of its task.

CREATE FUNCTION instances_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE task SET
    instances_expected = instances_expected + d.expected,
    instances_retrieved = instances_retrieved + d.retrieved,
    instances_failed = instances_failed + d.failed,
    bytes_retrieved = bytes_retrieved + d.bytes
  FROM (
    SELECT task_id,
      count(*) FILTER (WHERE state <> 'excluded') AS expected,
      count(*) FILTER (WHERE state IN ('retrieved', 'held', 'pseudonymized')) AS retrieved,
      count(*) FILTER (WHERE state IN ('missing', 'failed', 'quarantined')) AS failed,
      coalesce(sum(bytes) FILTER (WHERE state IN ('retrieved', 'held', 'pseudonymized')), 0) AS bytes
    FROM after GROUP BY task_id
  ) AS d
  WHERE task.id = d.task_id;
  RETURN NULL;
END $$;

CREATE FUNCTION instances_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE task SET
    instances_expected = instances_expected + d.expected,
    instances_retrieved = instances_retrieved + d.retrieved,
    instances_stored = instances_stored + d.stored,
    instances_verified = instances_verified + d.verified,
    instances_failed = instances_failed + d.failed,
    bytes_retrieved = task.bytes_retrieved + d.bytes_retrieved,
    bytes_stored = task.bytes_stored + d.bytes_stored
  FROM (
    SELECT task_id,
      sum(sign) FILTER (WHERE state <> 'excluded') AS expected,
      coalesce(sum(sign) FILTER (WHERE here), 0) AS retrieved,
      coalesce(sum(sign) FILTER (WHERE there), 0) AS stored,
      coalesce(sum(sign) FILTER (WHERE state = 'verified'), 0) AS verified,
      coalesce(sum(sign) FILTER (WHERE state IN ('missing', 'failed', 'quarantined')), 0) AS failed,
      coalesce(sum(sign * bytes) FILTER (WHERE here), 0) AS bytes_retrieved,
      coalesce(sum(sign * coalesce(out_bytes, bytes)) FILTER (WHERE there), 0) AS bytes_stored
    FROM (
      SELECT sign, task_id, state, bytes, out_bytes,
        state IN ('retrieved', 'held', 'pseudonymized', 'stored', 'coerced', 'verified') AS here,
        state IN ('stored', 'coerced', 'verified') AS there
      FROM (
        SELECT 1 AS sign, task_id, state, bytes, out_bytes FROM after
        UNION ALL
        SELECT -1, task_id, state, bytes, out_bytes FROM before
      ) AS both_sides
    ) AS rated
    GROUP BY task_id
  ) AS d
  WHERE task.id = d.task_id
    AND (d.expected, d.retrieved, d.stored, d.verified, d.failed, d.bytes_retrieved, d.bytes_stored)
      IS DISTINCT FROM (0, 0, 0, 0, 0, 0, 0);
  RETURN NULL;
END $$;

CREATE TRIGGER instances_inserted AFTER INSERT ON instance
  REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION instances_inserted();
CREATE TRIGGER instances_updated AFTER UPDATE ON instance
  REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION instances_updated();

-- Tasks -> job. Every change of a task touches its job once per statement, also one that leaves the counters alone:
-- people are shown why a task waits. What a source counted but has not named yet is expected too.

CREATE FUNCTION tasks_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE job SET
    tasks_pending = tasks_pending + d.pending,
    instances_expected = instances_expected + d.expected
  FROM (
    SELECT job_id, count(*) AS pending, sum(instances_expected + shortfall) AS expected FROM after GROUP BY job_id
  ) AS d
  WHERE job.id = d.job_id;
  RETURN NULL;
END $$;

CREATE FUNCTION tasks_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE job SET
    tasks_pending = tasks_pending + d.pending,
    tasks_running = tasks_running + d.running,
    tasks_paused = tasks_paused + d.paused,
    tasks_canceled = tasks_canceled + d.canceled,
    tasks_success = tasks_success + d.success,
    tasks_warning = tasks_warning + d.warning,
    tasks_failure = tasks_failure + d.failure,
    instances_expected = job.instances_expected + d.instances_expected,
    instances_retrieved = job.instances_retrieved + d.instances_retrieved,
    instances_stored = job.instances_stored + d.instances_stored,
    instances_verified = job.instances_verified + d.instances_verified,
    instances_failed = job.instances_failed + d.instances_failed,
    bytes_retrieved = job.bytes_retrieved + d.bytes_retrieved,
    bytes_stored = job.bytes_stored + d.bytes_stored
  FROM (
    SELECT job_id,
      coalesce(sum(sign) FILTER (WHERE state = 'pending'), 0) AS pending,
      coalesce(sum(sign) FILTER (WHERE state IN ('running', 'waiting', 'pausing', 'canceling')), 0) AS running,
      coalesce(sum(sign) FILTER (WHERE state = 'paused'), 0) AS paused,
      coalesce(sum(sign) FILTER (WHERE state = 'canceled'), 0) AS canceled,
      coalesce(sum(sign) FILTER (WHERE state = 'success'), 0) AS success,
      coalesce(sum(sign) FILTER (WHERE state = 'warning'), 0) AS warning,
      coalesce(sum(sign) FILTER (WHERE state = 'failure'), 0) AS failure,
      sum(sign * (instances_expected + shortfall)) AS instances_expected,
      sum(sign * instances_retrieved) AS instances_retrieved,
      sum(sign * instances_stored) AS instances_stored,
      sum(sign * instances_verified) AS instances_verified,
      sum(sign * instances_failed) AS instances_failed,
      sum(sign * bytes_retrieved) AS bytes_retrieved,
      sum(sign * bytes_stored) AS bytes_stored
    FROM (
      SELECT 1 AS sign, job_id, state, shortfall, instances_expected, instances_retrieved, instances_stored,
        instances_verified, instances_failed, bytes_retrieved, bytes_stored FROM after
      UNION ALL
      SELECT -1, job_id, state, shortfall, instances_expected, instances_retrieved, instances_stored,
        instances_verified, instances_failed, bytes_retrieved, bytes_stored FROM before
    ) AS both_sides
    GROUP BY job_id
  ) AS d
  WHERE job.id = d.job_id;
  RETURN NULL;
END $$;

CREATE TRIGGER tasks_inserted AFTER INSERT ON task
  REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION tasks_inserted();
CREATE TRIGGER tasks_updated AFTER UPDATE ON task
  REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION tasks_updated();

-- The state of a job follows from its run, what people asked for, and its tasks.

CREATE FUNCTION job_state(j job) RETURNS text LANGUAGE plpgsql STABLE AS $$
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
    WHEN j.control = 'pause' THEN CASE WHEN j.tasks_running > 0 THEN 'pausing' ELSE 'paused' END
    WHEN j.tasks_running = 0 AND j.tasks_pending = 0 AND j.tasks_paused > 0 THEN 'paused'
    ELSE 'running'
  END;
END $$;

CREATE FUNCTION job_changing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.state := job_state(NEW);
  NEW.status_seq := nextval('status_seq');
  RETURN NEW;
END $$;

CREATE FUNCTION job_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('viaduct_job', NEW.id::text);
  RETURN NULL;
END $$;

CREATE TRIGGER job_changing BEFORE INSERT OR UPDATE ON job FOR EACH ROW EXECUTE FUNCTION job_changing();
CREATE TRIGGER job_changed AFTER INSERT OR UPDATE ON job FOR EACH ROW EXECUTE FUNCTION job_changed();

-- Runs and requests show on the page of their job.

CREATE FUNCTION touch_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE job SET status_seq = status_seq WHERE id = NEW.job_id;
  RETURN NULL;
END $$;

CREATE TRIGGER job_run_changed AFTER INSERT OR UPDATE ON job_run FOR EACH ROW EXECUTE FUNCTION touch_job();
CREATE TRIGGER request_changed AFTER INSERT OR UPDATE ON request FOR EACH ROW EXECUTE FUNCTION touch_job();

-- Association slots follow the limit of their node. Rows above a lowered limit stay until nobody holds them.

CREATE FUNCTION sync_slots(node uuid) RETURNS void LANGUAGE sql AS $$
  DELETE FROM pacs_slot USING node AS n
    WHERE pacs_slot.node_id = sync_slots.node AND n.id = pacs_slot.node_id
      AND pacs_slot.slot_no > n.max_associations AND pacs_slot.expires_at < clock_timestamp();
  INSERT INTO pacs_slot (node_id, slot_no)
    SELECT n.id, g FROM node AS n, generate_series(1, n.max_associations) AS g
    WHERE n.id = sync_slots.node AND n.kind = 'server'
    ON CONFLICT DO NOTHING;
$$;

CREATE FUNCTION node_slots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sync_slots(NEW.id);
  RETURN NULL;
END $$;

CREATE TRIGGER node_slots AFTER INSERT OR UPDATE OF max_associations, kind ON node
  FOR EACH ROW EXECUTE FUNCTION node_slots();

-- Nodes: a mere repetition of good or bad news is no change.

CREATE FUNCTION node_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('viaduct_node', coalesce(NEW.id, OLD.id)::text);
  RETURN NULL;
END $$;

CREATE TRIGGER node_added AFTER INSERT OR DELETE ON node FOR EACH ROW EXECUTE FUNCTION node_changed();
CREATE TRIGGER node_changed AFTER UPDATE ON node FOR EACH ROW
  WHEN (
    to_jsonb(NEW) - ARRAY['updated_at', 'last_contact_at', 'last_cause_at']
      IS DISTINCT FROM to_jsonb(OLD) - ARRAY['updated_at', 'last_contact_at', 'last_cause_at']
    OR (NEW.last_contact_at > coalesce(NEW.last_cause_at, '-infinity'))
      IS DISTINCT FROM (OLD.last_contact_at > coalesce(OLD.last_cause_at, '-infinity'))
  )
  EXECUTE FUNCTION node_changed();

-- The dispatcher is told of new rows; what fails is found again by its poll.

CREATE FUNCTION outbox_filled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('viaduct_outbox', '');
  RETURN NULL;
END $$;

CREATE TRIGGER outbox_filled AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_filled();
