import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder, writeStudy } from '@viaduct/testing';
import { expect, test } from 'vitest';
import { toPacsError } from './errors.ts';
import { outgoing } from './harness/site.ts';
import { checkFolder, storeInFolder } from './folder.ts';

async function openFolder() {
  const temporary = await temporaryFolder('viaduct-folder-');
  const root = path.join(temporary.path, 'root');
  const outside = path.join(temporary.path, 'outside');
  for (const folder of [root, outside]) await mkdir(folder);
  const study = await writeStudy(path.join(temporary.path, 'study'), { label: 'folder', instances: 2 });
  const [one, two] = await Promise.all(study.instances.map((instance) => outgoing(instance.path)));
  const [file] = study.instances.map((instance) => instance.path);
  if (!one || !two || !file) throw new Error('no instances');
  return {
    root,
    outside,
    one,
    two,
    file,
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

test('an instance becomes a Part 10 file with its data set untouched, and nothing else is left', async () => {
  await using place = await openFolder();
  await storeInFolder(place.root, 'P/S/1.dcm', place.one);
  const [written, original] = [await readFile(path.join(place.root, 'P/S/1.dcm')), await readFile(place.file)];
  const [piece] = place.one.dataSet;
  if (!piece || piece instanceof Uint8Array) throw new Error('a region is expected');
  const bytes = piece.end - piece.start;
  expect(written.subarray(-bytes).equals(original.subarray(-bytes))).toBe(true);
  expect(written.subarray(128, 132).toString()).toBe('DICM');
  expect(await readdir(path.join(place.root, 'P/S'))).toEqual(['1.dcm']);
});

test('the same bytes again are done already, other bytes never replace a file', async () => {
  await using place = await openFolder();
  const hash = await storeInFolder(place.root, '1.dcm', place.one);
  expect(await storeInFolder(place.root, '1.dcm', place.one)).toBe(hash);
  await expect(storeInFolder(place.root, '1.dcm', place.two)).rejects.toMatchObject({ reason: 'file-exists' });
  expect(await readdir(place.root)).toEqual(['1.dcm']);
});

test('two writers of the same file at once both succeed and leave one file', async () => {
  await using place = await openFolder();
  const write = () => storeInFolder(place.root, 'a/1.dcm', place.one);
  expect(new Set(await Promise.all([write(), write(), write()])).size).toBe(1);
  expect(await readdir(path.join(place.root, 'a'))).toEqual(['1.dcm']);
});

test.each(['../1.dcm', 'a/../../1.dcm', '../outside/1.dcm'])(
  '%s leads out of the folder and is refused',
  async (relative) => {
    await using place = await openFolder();
    await expect(storeInFolder(place.root, relative, place.one)).rejects.toMatchObject({
      reason: 'folder-outside-roots',
    });
    expect(await readdir(place.outside)).toEqual([]);
  },
);

test('a symbolic link that leads out of the folder is refused', async () => {
  await using place = await openFolder();
  await symlink(place.outside, path.join(place.root, 'link'));
  await expect(storeInFolder(place.root, 'link/1.dcm', place.one)).rejects.toMatchObject({
    reason: 'folder-outside-roots',
  });
  expect(await readdir(place.outside)).toEqual([]);
});

test('an aborted write leaves nothing', async () => {
  await using place = await openFolder();
  await expect(storeInFolder(place.root, '1.dcm', place.one, AbortSignal.abort())).rejects.toThrow();
  expect(await readdir(place.root)).toEqual([]);
});

const failureOf = (checking: Promise<void>) =>
  checking.then(
    () => 'fine',
    (error: unknown) => (toPacsError(error) as { reason?: string }).reason,
  );

test('a folder below a root is made when only it is missing', async () => {
  await using place = await openFolder();
  expect(await failureOf(checkFolder(path.join(place.root, 'new'), [place.root]))).toBe('fine');
  expect(await readdir(place.root)).toEqual(['new']);
  expect(await readdir(path.join(place.root, 'new'))).toEqual([]);
});

test('folders that cannot be used are told apart', async () => {
  await using place = await openFolder();
  const { root, outside } = place;
  await writeFile(path.join(root, 'file'), '');
  await symlink(outside, path.join(root, 'link'));
  const check = (folder: string) => failureOf(checkFolder(folder, [root]));
  expect(await check(outside)).toBe('folder-outside-roots');
  expect(await check(path.join(root, '..', 'outside'))).toBe('folder-outside-roots');
  expect(await check(path.join(root, 'link'))).toBe('folder-outside-roots');
  expect(await check('relative')).toBe('folder-outside-roots');
  expect(await check(path.join(root, 'a', 'b'))).toBe('folder-missing');
  expect(await check(path.join(root, 'file'))).toBe('folder-missing');
});
