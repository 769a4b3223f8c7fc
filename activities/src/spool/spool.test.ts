import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  canNameFile,
  holdSpool,
  outgoingPieces,
  PartHeaders,
  readJournal,
  SpareFiles,
  SpoolFolders,
  SpoolLockedError,
  SpoolNameError,
  SpoolSpace,
  StoredJournal,
  sweepSpool,
} from './index.ts';

const JOB = '0190a1b2-0000-7000-8000-000000000001';
const PART = { jobId: JOB, taskNo: 3, partNo: 2 };
let root = '';

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'spool-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe('folders', () => {
  it('refuses names that would leave the spool', () => {
    const folders = new SpoolFolders(root);
    expect(folders.instance(PART, '1.2.3')).toBe(path.join(root, JOB, '3', '2', '1.2.3.dcm'));
    expect(() => folders.instance(PART, '../1')).toThrow(SpoolNameError);
    expect(() => folders.part({ ...PART, jobId: '..' })).toThrow(SpoolNameError);
    expect(canNameFile('1..2')).toBe(false);
    expect(canNameFile('1.02')).toBe(true);
  });
});

describe('host identity', () => {
  it('is made from the name given, and stays the same over restarts', async () => {
    const first = await holdSpool(root, 'Worker 1');
    expect(first.hostId).toMatch(/^worker-1-[0-9a-f]{8}$/);
    await first[Symbol.asyncDispose]();
    await using second = await holdSpool(root);
    expect(second.hostId).toBe(first.hostId);
  });

  it('refuses a second worker while the first one lives', async () => {
    await using held = await holdSpool(root);
    await expect(holdSpool(root)).rejects.toBeInstanceOf(SpoolLockedError);
    expect(held.hostId).not.toBe('');
  });

  it('takes over the lock of a process that has died', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await writeFile(path.join(root, 'lock'), JSON.stringify({ pid: child.pid, host: os.hostname(), started: '1' }));
    await using held = await holdSpool(root);
    expect(held.hostId).toMatch(/^[a-z0-9-]+$/);
    expect(JSON.parse(await readFile(path.join(root, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
  });
});

describe('journal', () => {
  it('gives back what was acknowledged and skips a torn line', async () => {
    const file = path.join(root, 'stored.journal');
    const entry = { sopInstanceUID: '1.1', status: 0, at: '2026-01-01T00:00:00.000Z' };
    {
      using journal = StoredJournal.open(file);
      journal.append(entry);
    }
    await appendFile(file, '\n{"sopInstanceUID":"1.2","sta');
    {
      using journal = StoredJournal.open(file);
      journal.append({ ...entry, sopInstanceUID: '1.3' });
    }
    expect([...(await readJournal(file)).keys()]).toEqual(['1.1', '1.3']);
  });

  it('is empty when there is none', async () => {
    expect((await readJournal(path.join(root, 'none'))).size).toBe(0);
  });
});

describe('headers of a part', () => {
  const facts = {
    outSopInstanceUID: '2.25.1',
    sopClassUID: '1.2',
    transferSyntaxUID: '1.2.840.10008.1.2.1',
    bulk: { start: 100, end: 200 },
    pixelsPath: null,
    bytes: 103,
    sha256: 'ab',
    sourceSha256: 'cd',
  };
  const plain = { facts, header: Buffer.from([1, 0x0a, 3]), trailer: Buffer.of(9) };

  it('come back as they were added', async () => {
    const file = path.join(root, 'headers');
    using before = PartHeaders.open(file);
    const [one, two] = [before.add('1.1', plain), before.add('1.2', { ...plain, trailer: Buffer.alloc(0) })];
    using after = PartHeaders.open(file);
    expect([after.get('1.1'), after.get('1.2'), after.get('1.3')]).toEqual([one, two, undefined]);
    const bytes = await readFile(file);
    expect(bytes.subarray(two.start, two.end)).toEqual(plain.header);
    expect(outgoingPieces('/1.dcm', one)).toEqual([
      { path: file, start: one.start, end: one.end },
      { path: '/1.dcm', start: 100, end: 200 },
      { path: file, start: one.end, end: one.end + 1 },
    ]);
  });

  it('are as many as are whole', async () => {
    const file = path.join(root, 'headers');
    using before = PartHeaders.open(file);
    const one = before.add('1.1', plain);
    await truncate(file, before.add('1.2', plain).trailerEnd - 1);
    using after = PartHeaders.open(file);
    expect([after.get('1.1'), after.get('1.2')]).toEqual([one, undefined]);
    const two = after.add('1.2', plain);
    using later = PartHeaders.open(file);
    expect([later.get('1.1'), later.get('1.2')]).toEqual([one, two]);
  });

  it('are made anew where their bytes were lost with the power', async () => {
    const file = path.join(root, 'headers');
    const [one, two] = (() => {
      using before = PartHeaders.open(file);
      return [before.add('1.1', plain), before.add('1.2', plain)];
    })();
    await truncate(file, two.end - 1);
    await truncate(file, two.trailerEnd); // as long as it was, and zeros at its end
    using after = PartHeaders.open(file);
    expect([after.get('1.1'), after.get('1.2')]).toEqual([one, undefined]);
  });

  it('count for nothing without their masked pixels', async () => {
    const pixelsPath = path.join(root, '1.pix');
    using headers = PartHeaders.open(path.join(root, 'headers'));
    const header = headers.add('1.1', { ...plain, facts: { ...facts, pixelsPath, bulk: { start: 0, end: 3 } } });
    await writeFile(pixelsPath, 'abc');
    expect(headers.get('1.1')).toEqual(header);
    await truncate(pixelsPath, 2);
    expect(headers.get('1.1')).toBeUndefined();
    await rm(pixelsPath);
    expect(headers.get('1.1')).toBeUndefined();
  });
});

describe('space', () => {
  it('promises no more than there is', async () => {
    const space = new SpoolSpace(root, 100, async () => 1_000);
    expect(await space.reserve('a', 500)).toBe(true);
    expect(await space.reserve('b', 500)).toBe(false);
    expect(await space.reserve('a', 600)).toBe(true);
    space.release('a');
    expect(await space.reserve('b', 900)).toBe(true);
  });
});

describe('spare files', () => {
  it('are the files of what was discarded, empty', async () => {
    const folders = new SpoolFolders(root);
    await mkdir(folders.part(PART), { recursive: true });
    await writeFile(folders.instance(PART, '1.1'), 'bytes');
    await writeFile(folders.journal(PART), 'line');
    const spares = await SpareFiles.open(folders.spares);
    expect(spares.take()).toBeUndefined();
    await spares.discard(folders.task(PART));
    expect(await readdir(folders.job(JOB))).toEqual([]);
    await spares[Symbol.asyncDispose]();
    const spare = spares.take() ?? '';
    expect((await stat(spare)).size).toBe(0);
    expect(await readdir(folders.spares)).toEqual([path.basename(spare)]);
    expect(spares.take()).toBeUndefined();
  });

  it('are none of what cannot be put among them, which is gone all the same', async () => {
    const folders = new SpoolFolders(root);
    await mkdir(folders.part(PART), { recursive: true });
    await writeFile(folders.instance(PART, '1.1'), 'bytes');
    await using spares = await SpareFiles.open(folders.spares);
    await rm(folders.spares, { recursive: true });
    await spares.discard(folders.task(PART));
    expect(await readdir(folders.job(JOB))).toEqual([]);
    expect(spares.take()).toBeUndefined();
  });

  it('are not made of what cannot be emptied, which is removed', async () => {
    const folders = new SpoolFolders(root);
    await mkdir(path.join(folders.part(PART), 'folder.dcm'), { recursive: true });
    await writeFile(folders.instance(PART, '1.1'), 'bytes');
    const spares = await SpareFiles.open(folders.spares);
    await spares.discard(folders.task(PART));
    await spares[Symbol.asyncDispose]();
    const left = (await readdir(folders.spares)).filter((name) => name.startsWith('discarded'));
    expect(left).toEqual([]);
  });

  it('that an earlier process has left are gone', async () => {
    const folders = new SpoolFolders(root);
    await mkdir(path.join(folders.spares, 'discarded', '1'), { recursive: true });
    for (const name of ['spare', 'discarded/1/1.1.dcm']) await writeFile(path.join(folders.spares, name), 'bytes');
    const spares = await SpareFiles.open(folders.spares);
    await spares[Symbol.asyncDispose]();
    const found = await readdir(folders.spares);
    expect(found).toEqual([path.basename(spares.take() ?? '')]);
    expect((await stat(path.join(folders.spares, found[0] ?? ''))).size).toBe(0);
  });
});

describe('sweep', () => {
  it('removes only the folders of tasks that need them no more', async () => {
    const folders = new SpoolFolders(root);
    await using spares = await SpareFiles.open(folders.spares);
    const spool = { folders, spares };
    for (const taskNo of [1, 2]) await mkdir(folders.part({ ...PART, taskNo }), { recursive: true });
    await writeFile(path.join(root, 'host-id'), 'h-1');
    expect(await sweepSpool(spool, async (tasks) => tasks.filter(({ taskNo }) => taskNo === 2))).toBe(1);
    expect(await readdir(folders.job(JOB))).toEqual(['2']);
    expect(await sweepSpool(spool, async () => [])).toBe(1);
    expect((await readdir(root)).sort()).toEqual(['host-id', 'spare']);
  });
});
