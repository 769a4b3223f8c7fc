import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DurableFile } from './file.ts';

const NONE = Buffer.alloc(0);

test('two files never share a block, however often one before them was disposed of', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'viaduct-file-'));
  const create = (name: string) => DurableFile.create({ path: path.join(folder, name) }, NONE);
  const first = create('first');
  for (let disposals = 0; disposals < 2; disposals += 1) await first[Symbol.asyncDispose]();
  {
    await using one = create('one');
    await using other = create('other');
    await one.write(Buffer.from('one'));
    await other.write(Buffer.from('other'));
    for (const file of [one, other]) await file.finish('written');
  }
  expect(await readFile(path.join(folder, 'one'), 'utf8')).toBe('one');
  expect(await readFile(path.join(folder, 'other'), 'utf8')).toBe('other');
  await rm(folder, { recursive: true });
});

test('a spare file becomes the file; where it is gone, a new one does', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'viaduct-file-'));
  const spare = path.join(folder, 'spare');
  await writeFile(spare, '');
  for (const name of ['reused', 'new']) {
    await using file = DurableFile.create({ path: path.join(folder, name), spare }, Buffer.from('meta'));
    await file.write(Buffer.from(name));
    if (name === 'reused') expect(await readdir(folder)).toEqual(['spare']);
    await file.finish('synced');
    expect(await readFile(path.join(folder, name), 'utf8')).toBe(`meta${name}`);
  }
  expect((await readdir(folder)).toSorted()).toEqual(['new', 'reused']);
  await rm(folder, { recursive: true });
});
