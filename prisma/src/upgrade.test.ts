import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { testDatabase } from '@viaduct/testing';
import { expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { readGates } from './gates.ts';
import { migrate, migrationsIn } from './migrate.ts';
import { reserveRequest } from './rate.ts';
import { settleTask } from './tasks.ts';

const FIRST_RELEASE = ['20261121100000_tables', '20261121100100_counters'];
const JOB = '00000000-0000-7000-8000-000000000001';
const NODE = '00000000-0000-7000-8000-000000000002';
const PROJECT = '00000000-0000-7000-8000-000000000003';

/** A running job of the first release: task 1 runs and is being paused, task 2 has been canceled, task 3 is to come. */
const ROWS = `
  INSERT INTO "user" (id, name, email, "updatedAt") VALUES ('u', 'Ada', 'ada@example.org', now());
  INSERT INTO project (id, name, sealed_key, dates) VALUES ('${PROJECT}', 'P', '\\x00', 'keep');
  INSERT INTO node (id, kind, name, updated_at) VALUES ('${NODE}', 'server', 'A', now());
  INSERT INTO job (id, kind, project_id, owner_id, idempotency_key, pseudonymize)
    VALUES ('${JOB}', 'selective', '${PROJECT}', 'u', 'k', true);
  INSERT INTO job_run (job_id, run_no, state) VALUES ('${JOB}', 1, 'running');
  INSERT INTO task (id, job_id, task_no, source_id, destination_id, study_instance_uid)
    SELECT gen_random_uuid(), '${JOB}', n, '${NODE}', '${NODE}', '1.' || n FROM generate_series(1, 3) AS n;
  UPDATE task SET state = 'pausing', wanted = 'pause', chunk_no = 1 WHERE task_no = 1;
  UPDATE task SET state = 'canceled' WHERE task_no = 2;
  INSERT INTO instance (task_id, sop_instance_uid, series_instance_uid) SELECT id, '1.1', '1' FROM task;
  UPDATE pacs_slot SET holder = 'h', expires_at = 'infinity' WHERE slot_no = 1;
  INSERT INTO request (id, job_id, task_id, user_id, run_no, action, state)
    SELECT gen_random_uuid(), '${JOB}', t.id, 'u', 1, a.action, a.state
    FROM (VALUES (1, 'pause', 'taken'), (2, 'cancel', 'applied'), (3, 'resume', 'refused')) AS a(task_no, action, state)
    JOIN task AS t USING (task_no);
  INSERT INTO request (id, job_id, user_id, run_no, action) VALUES (gen_random_uuid(), '${JOB}', 'u', 1, 'pause');`;

test('a database of the first release keeps its rows and goes on working', async () => {
  await using empty = await testDatabase({ empty: true });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'viaduct-migrations-'));
  try {
    for (const name of FIRST_RELEASE) {
      await cp(path.join(import.meta.dirname, '../migrations', name), path.join(folder, name), { recursive: true });
    }
    expect(await migrate(empty.connectionString, folder)).toEqual(FIRST_RELEASE);
  } finally {
    await rm(folder, { recursive: true });
  }
  await using database = openDatabase(empty);
  const { client, pool } = database;
  await pool.query(ROWS);
  expect(await migrate(empty.connectionString)).toEqual((await migrationsIn()).slice(FIRST_RELEASE.length));
  expect(await client.project.findMany()).toMatchObject([{ profileId: 'full-dates' }]);

  expect(await client.node.findMany()).toMatchObject([{ name: 'A', windows: null, webUrl: null, probe: true }]);
  expect(await client.pacsSlot.findFirst({ where: { slotNo: 1 } })).toMatchObject({ holder: 'h', jobId: null });
  expect(await client.task.count()).toBe(3);
  expect(await client.instance.count()).toBe(3);
  expect(await client.job.findFirst()).toMatchObject({ schedule: null, wait: null, deletedAt: null, state: 'running' });
  expect(await client.job.findFirst()).toMatchObject({ sourceIds: [NODE], destinationIds: [NODE] });
  expect(await client.jobRun.findFirst()).toMatchObject({ state: 'running', requeue: 'failed' });
  const read = async () =>
    (await client.request.findMany({ orderBy: [{ action: 'asc' }, { taskNos: 'asc' }] })).map(
      ({ action, state, taskNos, waitingFor, changed, unchanged }) =>
        [action, state, ...taskNos, waitingFor.length, changed, unchanged].join(' '),
    );
  expect(await read()).toEqual([
    'cancel applied 2 0 1 0',
    'pause taken 0 0 0',
    'pause taken 1 1 0 0',
    'resume refused 3 0 0 1',
  ]);

  await settleTask(pool, { jobId: JOB, runNo: 1, taskNo: 1, to: 'paused' });
  expect(await read()).toContain('pause applied 1 0 1 0');
  await client.node.update({ where: { id: NODE }, data: { requestsPerMinute: 2 } });
  expect(await reserveRequest(pool, NODE)).toBe(0);
  expect((await readGates(pool, { jobId: JOB, runNo: 1 })).nodes).toEqual([
    { id: NODE, windows: null, suspended: false },
  ]);
});
