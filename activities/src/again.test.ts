import { uidOf, waitFor } from '@viaduct/testing';
import { expect, test } from 'vitest';
import { openSite } from './harness/site.ts';

const SLOW = { timeout: 180_000 };
const INSTANCES = 12;

const times = (uids: Iterable<string>, count: (uid: string) => number) =>
  Object.fromEntries([...uids].map((uid) => [uid, count(uid)]));

test(
  'a restarted study is asked for and stored again, also by another host, and no row of it is lost',
  SLOW,
  async () => {
    await using site = await openSite({ studies: [{ label: 's', instances: INSTANCES }] });
    const { client } = site.database;
    const first = await site.startWorker();
    const job = await site.startJob({ study: uidOf('s') });
    expect(await job.ended()).toBe('success');
    expect(await first.stop()).toBe(0);
    const ledger = () => client.instance.findMany({ select: { taskId: true, sopInstanceUid: true, state: true } });
    const before = await ledger();

    await site.startWorker('two');
    await site.again(job, 'restart');
    expect(await job.ended()).toBe('success');
    const uids = await site.a.instances();
    expect((await site.a.state()).delivered).toEqual(times(uids, () => 2));
    expect((await site.b.state()).received).toEqual(times(uids, () => 2));
    expect(await ledger()).toEqual(expect.arrayContaining(before));
    const steps = await client.step.findMany({ where: { runNo: 2 }, orderBy: { id: 'asc' } });
    expect(steps.map(({ step }) => step)).toContain('find');
    expect(await client.job.findUnique({ where: { id: job.id } })).toMatchObject({ instancesVerified: INSTANCES });
  },
);

test('of a study with warnings exactly what the destination has changed is stored again', SLOW, async () => {
  await using site = await openSite({ studies: [{ label: 's', instances: INSTANCES }] });
  const { client } = site.database;
  await site.startWorker();
  const job = await site.startJob({ study: uidOf('s') });
  expect(await job.ended()).toBe('success');
  const uids = await site.a.instances();
  const changed = uids.slice(4, 7);
  await client.instance.updateMany({ where: { sopInstanceUid: { in: changed } }, data: { storeStatus: 0xb000 } });
  await client.task.updateMany({ data: { state: 'warning' } });

  await site.again(job, 'retry-warnings');
  expect(await job.ended()).toBe('success');
  const { received } = await site.b.state();
  expect(received).toEqual(times(uids, (uid) => (changed.includes(uid) ? 2 : 1)));
});

test('a source with a limit of requests is not asked more often; the task says so', SLOW, async () => {
  await using site = await openSite({ studies: [{ label: 's', instances: INSTANCES }] });
  const { client } = site.database;
  await client.node.update({ where: { id: site.nodes.a }, data: { requestsPerMinute: 2 } });
  await site.startWorker();
  const job = await site.startJob({ study: uidOf('s') });
  const wait = async () => (await client.task.findFirstOrThrow({ where: { jobId: job.id } })).wait;
  await waitFor(async () => (await wait()) !== null, { deadlineMs: 30_000, what: 'the wait' });
  expect(await wait()).toEqual({ kind: 'rate', nodeId: site.nodes.a, until: expect.any(String) as unknown });
  expect((await site.a.state()).requests).toHaveLength(1);
  await site.cancel(job.id);
  expect(await job.ended(10_000)).toBe('canceled');
  expect((await site.a.state()).requests).toHaveLength(1);
});
