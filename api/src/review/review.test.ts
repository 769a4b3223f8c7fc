import { enterHeld, picturePurpose, seal } from '@viaduct/prisma';
import { testDatabase } from '@viaduct/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createdJob, jobBody, jobGround, type JobGround } from '../harness/jobs.ts';
import { startTestServer, type TestPerson, type TestServer } from '../harness/testServer.ts';

const stack = new AsyncDisposableStack();
let server: TestServer;
let administrator: TestPerson;
let ground: JobGround;

beforeAll(async () => {
  const { connectionString } = stack.use(await testDatabase());
  server = stack.use(await startTestServer(connectionString));
  administrator = await server.person('administrator');
  ground = await jobGround(server);
});
afterAll(() => stack.disposeAsync());

const MASTER_KEY = Buffer.alloc(32, 1);
const DEVICE = { modality: 'US', manufacturer: 'ACME', rows: 480, columns: 640 };
const BAR = { x: 0, y: 0, width: 640, height: 25 };

/** A job whose one study waits with held images of a device; returns the id of its task. */
async function heldJob(images: number, isShowable = true): Promise<{ jobId: string; taskId: string }> {
  const { client, pool } = server.database;
  const job = await createdJob(administrator, jobBody(ground));
  const task = await client.task.findFirstOrThrow({ where: { jobId: job.id } });
  for (let no = 1; no <= images; no++) {
    const sopInstanceUid = `1.2.3.${no}`;
    await client.instance.create({
      data: { taskId: task.id, sopInstanceUid, seriesInstanceUid: '1.2.3', seriesNumber: '7', state: 'held' },
    });
    const picture = Buffer.from(`picture ${no}`);
    const sealedPicture = isShowable ? seal(MASTER_KEY, picture, picturePurpose(task.id, sopInstanceUid)) : null;
    await enterHeld(pool, task.id, { sopInstanceUid, device: DEVICE, risks: ['modality'], sealedPicture });
  }
  await client.task.update({ where: { id: task.id }, data: { wait: { kind: 'review' } } });
  return { jobId: job.id, taskId: task.id };
}

const list = async (person: TestPerson) => (await person.client.GET('/api/v1/review')).data;
const first = async () => (await list(administrator))?.items[0]?.id ?? 0;
const decide = (
  id: number,
  body: { decision: 'approve' | 'reject'; rectangles?: (typeof BAR)[]; remember?: boolean },
) =>
  administrator.client.POST('/api/v1/review/{id}/decision', {
    params: { path: { id } },
    body: { rectangles: [], alike: false, remember: false, ...body },
  });
const states = async (taskId: string) =>
  (await server.database.client.instance.findMany({ where: { taskId }, orderBy: { sopInstanceUid: 'asc' } })).map(
    ({ state }) => state,
  );
const signals = () => server.database.client.outbox.count({ where: { signalName: 'reviewed' } });

test('a held image is shown to who may see its job, and its study goes on with the last decision', async () => {
  const { jobId, taskId } = await heldJob(2);
  expect(await list(await server.person('researcher'))).toMatchObject({ items: [], total: 0 });
  expect(await list(administrator)).toMatchObject({
    total: 2,
    items: [{ job: { id: jobId }, taskNo: 1, seriesNumber: '7', device: DEVICE, alike: 1, isShowable: true }, {}],
  });
  const id = await first();
  const { data } = await administrator.client.GET('/api/v1/review/{id}', { params: { path: { id } } });
  expect(Buffer.from(data?.png ?? '', 'base64').toString()).toBe('picture 1');

  expect((await decide(id, { decision: 'approve', rectangles: [BAR] })).data).toEqual({ images: 1, profile: null });
  expect((await decide(id, { decision: 'approve' })).response.status).toBe(404);
  expect([await states(taskId), await signals()]).toEqual([['expected', 'held'], 0]);
  await decide(await first(), { decision: 'reject' });
  expect([await states(taskId), await signals()]).toEqual([['expected', 'excluded'], 1]);
});

test('what is remembered becomes a mask of a profile of the project’s own, and decides all that waits', async () => {
  const tasks = [await heldJob(2), await heldJob(1)];
  const { data } = await decide(await first(), { decision: 'approve', rectangles: [BAR], remember: true });
  expect(data).toMatchObject({ images: 3, profile: { version: 1 } });
  for (const { taskId } of tasks) expect(await states(taskId)).not.toContain('held');
  const params = { path: { id: data?.profile?.id ?? '' } };
  const profile = (await administrator.client.GET('/api/v1/profiles/{id}', { params })).data;
  expect(profile?.content.pixels.masks).toEqual([{ device: DEVICE, rectangles: [BAR] }]);
  expect(profile?.projects).toHaveLength(1);
});

test('what cannot be shown can only be rejected', async () => {
  const { taskId } = await heldJob(1, false);
  expect((await decide(await first(), { decision: 'approve' })).response.status).toBe(409);
  expect((await decide(await first(), { decision: 'reject' })).data?.images).toBe(1);
  expect(await states(taskId)).toEqual(['excluded']);
});
