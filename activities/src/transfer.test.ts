import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readFileMeta } from '@viaduct/dicom/part10';
import { startOrthanc, uidOf } from '@viaduct/testing';
import { expect, test } from 'vitest';
import { openSite } from './harness/site.ts';
import { knownInstances } from './retrieve/known.ts';

/** Two PACS, a database, a server and a worker process are started for each: much for a busy machine. */
const SLOW = { timeout: 120_000 };

/** SHA-256 of the data sets that a PACS holds, by SOP Instance UID. */
async function hashesIn(folder: string): Promise<Record<string, string>> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => path.join(file.parentPath, file.name));
  const hashes = paths.map(async (file) => {
    const { meta, dataSetOffset } = await readFileMeta(file);
    const dataSet = (await readFile(file)).subarray(dataSetOffset);
    return [meta.sopInstanceUID, createHash('sha256').update(dataSet).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}

/** Demands that the ledger of a task tells the hashes of what came from A and of what B has got. */
async function expectHashes({ database, home }: Awaited<ReturnType<typeof openSite>>, jobId: string): Promise<void> {
  const rows = await database.client.instance.findMany({ where: { task: { jobId }, state: 'verified' } });
  const [came, went] = [await hashesIn(path.join(home, 'a')), await hashesIn(path.join(home, 'b'))];
  expect(rows.length).toBeGreaterThan(0);
  for (const { sopInstanceUid, sha256, outSopInstanceUid, outSha256 } of rows) {
    expect([sha256, outSha256]).toEqual([came[sopInstanceUid], went[outSopInstanceUid ?? '']]);
  }
}

const once = (uids: Iterable<string>) => Object.fromEntries([...uids].map((uid) => [uid, 1]));

test.each(['c-get', 'c-move'] as const)(
  'a study goes from A to B by %s, each instance once',
  SLOW,
  async (retrieveMethod) => {
    await using site = await openSite({ retrieveMethod, studies: [{ label: 's', instances: 30, series: 2 }] });
    const worker = await site.startWorker();
    const job = await site.startJob({ study: uidOf('s') });
    expect(await job.ended()).toBe('success');
    const held = await site.a.instances();
    expect(await site.b.instances()).toEqual(held);
    expect((await site.a.state()).delivered).toEqual(once(held));
    expect((await site.b.state()).received).toEqual(once(held));
    const { manifest } = await site.database.client.task.findFirstOrThrow({ where: { jobId: job.id } });
    expect(manifest).toMatchObject({ outcome: 'success', instances: held.map(() => ({ state: 'verified' })) });
    await expectHashes(site, job.id);
    expect(await readdir(`${site.home}/spool/one`)).not.toContain(job.id);
    expect(await worker.stop()).toBe(0);
  },
);

test('PACS A is tried: what it sends to the receiver by C-MOVE is counted and thrown away', SLOW, async () => {
  await using site = await openSite({ retrieveMethod: 'c-move', studies: [{ label: 's', instances: 4, series: 2 }] });
  await site.startWorker();
  expect(await site.tryMove()).toMatchObject([{ kind: 'arrived', asked: 2, arrived: 2 }]);
  expect(await readdir(`${site.home}/spool/one/trials`)).toEqual([]);
});

test('a study goes pseudonymized to B, and a second time into a folder', SLOW, async () => {
  const attributes = { SeriesNumber: '1' };
  const study = { label: 's', instances: 12, series: 2, patientName: 'Canary^Yellow', attributes };
  await using site = await openSite({ studies: [study] });
  const worker = await site.startWorker();
  const job = await site.startJob({ study: uidOf('s'), pseudonymize: true, pseudonym: 'P-1' });
  expect(await job.ended()).toBe('success');
  const [there, here] = [await site.b.instances(), await site.a.instances()];
  expect(there).toHaveLength(12);
  await expectHashes(site, job.id);
  expect(there.filter((uid) => here.includes(uid))).toEqual([]);
  const again = await site.startJob({ study: uidOf('s'), to: 'folder', pseudonymize: true });
  expect(await again.ended()).toBe('success');
  const files = await readdir(`${site.folder}/out`, { recursive: true });
  expect(
    files
      .filter((file) => file.endsWith('.dcm'))
      .map((file) => file.replace(/^.*\/|\.dcm$/g, ''))
      .sort(),
  ).toEqual(there);
  expect(files.every((file) => file.startsWith('Trial'))).toBe(true);
  expect(files.some((file) => file.includes('P-1'))).toBe(true);
  // Both series have the number 1: what tells their folders apart must not be of the UIDs that they had.
  expect(new Set(files.flatMap((file) => /\/(1-CT_[\d-]+)\//.exec(file)?.[1] ?? [])).size).toBe(2);
  expect(files.filter((file) => ['s.1', 's.2'].some((series) => file.includes(uidOf(series).slice(-8))))).toEqual([]);
  expect(worker.output()).not.toContain('Canary');
});

test('withheld instances are a failure that names them', SLOW, async () => {
  await using site = await openSite({ studies: [{ label: 's', instances: 20 }] });
  const withhold = (await site.a.instances()).slice(3, 6);
  await site.a.setFaults({ withhold });
  await site.startWorker();
  const job = await site.startJob({ study: uidOf('s') });
  expect(await job.ended()).toBe('failure');
  const missing = await site.database.client.instance.findMany({ where: { state: 'missing' } });
  expect(missing.map((row) => row.sopInstanceUid).sort()).toEqual(withhold);
  expect(missing.every((row) => row.cause === 'instance-withheld')).toBe(true);
  expect(await site.b.instances()).toHaveLength(17);
  const { id } = await site.database.client.task.findFirstOrThrow({ where: { jobId: job.id } });
  expect(await knownInstances(site.database, id)).toMatchObject({ isAgain: true, hasExcluded: false });
});

test('pixels that may show a name wait until somebody has looked at them, and go out as drawn', SLOW, async () => {
  const attributes = { BurnedInAnnotation: 'YES' };
  await using site = await openSite({ studies: [{ label: 's', instances: 3, attributes }] });
  await site.startWorker();
  const job = await site.startJob({ study: uidOf('s'), pseudonymize: true });
  await site.waits(job.id, 'review');
  const held = await site.database.client.heldImage.findMany({ orderBy: { sopInstanceUid: 'asc' } });
  expect(held).toMatchObject(Array(3).fill({ risks: ['burned-in-annotation'], device: { modality: 'CT' } }));
  expect(held.every(({ sealedPicture }) => (sealedPicture?.length ?? 0) > 100)).toBe(true);
  expect(await site.b.instances()).toEqual([]);

  const [masked = '', clean = '', rejected = ''] = held.map(({ sopInstanceUid }) => sopInstanceUid);
  await site.decide(job.id, [rejected], 'reject');
  await site.decide(job.id, [masked], 'approve', [{ x: 0, y: 0, width: 64, height: 8 }]);
  await site.decide(job.id, [clean], 'approve');
  expect(await job.ended()).toBe('warning');
  const rows = await site.database.client.instance.findMany({ orderBy: { sopInstanceUid: 'asc' } });
  expect(rows.map(({ state, cause }) => `${state} ${cause}`)).toEqual([
    'verified null',
    'verified null',
    'excluded left-out',
  ]);
  expect(rows.every(({ sha256 }) => sha256?.length === 64)).toBe(true);
  await expectHashes(site, job.id);
  expect(rows[0]?.outBytes).toBeGreaterThanOrEqual(Number(rows[0]?.bytes) - 1_000);
  expect(await site.b.instances()).toHaveLength(2);
  expect(await site.database.client.heldImage.count({ where: { sealedPicture: { not: null } } })).toBe(0);

  const identified = await site.startJob({ study: uidOf('s') });
  expect(await identified.ended()).toBe('success');
});

test(
  'a study goes by STOW to a server that only has DICOMweb, and from there by WADO into a folder',
  SLOW,
  async () => {
    await using orthanc = await startOrthanc({ dicomWeb: true });
    await using site = await openSite({ studies: [{ label: 's', instances: 12, series: 2 }] });
    const { client } = site.database;
    const webOnly = { aeTitle: null, host: null, port: null, webUrl: `${orthanc.url}/dicom-web` };
    await client.node.update({ where: { id: site.nodes.b }, data: webOnly });
    await site.startWorker();
    const there = await site.startJob({ study: uidOf('s') });
    expect(await there.ended()).toBe('success');
    expect(await orthanc.instances()).toEqual(await site.a.instances());
    expect(await site.b.instances()).toEqual([]);

    await client.node.update({ where: { id: site.nodes.b }, data: { webUrl: null } });
    await client.node.update({ where: { id: site.nodes.a }, data: webOnly });
    await site.a.reset();
    const back = await site.startJob({ study: uidOf('s'), to: 'folder' });
    expect(await back.ended()).toBe('success');
    const files = await readdir(`${site.folder}/out`, { recursive: true });
    expect(files.filter((file) => file.endsWith('.dcm'))).toHaveLength(12);
    expect((await site.a.state()).requests).toEqual([]);
  },
);
