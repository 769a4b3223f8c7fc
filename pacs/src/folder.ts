import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, lstat, mkdir, open, realpath, rename, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeFileMeta } from '@viaduct/dicom/part10';
import type { DataSetPiece, OutgoingInstance } from '@viaduct/dicom/dimse';
import { PacsError } from './errors.ts';

/** Whether a path lies in a folder (or is it). */
function isBelow(root: string, candidate: string): boolean {
  const relative = path.relative(root, candidate);
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative));
}

/** The nearest existing ancestor as the file system sees it: symbolic links resolved. */
async function realAncestor(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const parent = path.dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error;
    return realAncestor(parent);
  }
}

/** Refuses what is not below one of the roots, also by symbolic links. @throws PacsError `folder-outside-roots` */
export async function demandBelowRoots(folder: string, roots: readonly string[]): Promise<void> {
  const wanted = path.resolve(folder);
  const lexical = path.isAbsolute(folder) && roots.some((root) => isBelow(root, wanted));
  if (!lexical) throw new PacsError('folder-outside-roots');
  const real = await realAncestor(wanted);
  const realRoots = await Promise.all(roots.map((root) => realAncestor(root)));
  if (!realRoots.some((root) => isBelow(root, real))) throw new PacsError('folder-outside-roots');
}

/**
 * Checks that a folder node can be used: below the roots, there, and a file can be written into it. It is made when only its
 * last part is missing.
 * @throws PacsError `folder-outside-roots`; errors of the file system, for `toPacsError`
 */
export async function checkFolder(folder: string, roots: readonly string[]): Promise<void> {
  await demandBelowRoots(folder, roots);
  try {
    await mkdir(folder, { mode: 0o750 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (!(await stat(folder)).isDirectory()) throw new PacsError('folder-missing');
  const probe = path.join(folder, `.viaduct-${randomUUID()}.part`);
  try {
    await writeFile(probe, 'x', { flag: 'wx' });
  } finally {
    await unlink(probe).catch(() => undefined);
  }
}

async function* bytesOf(pieces: readonly DataSetPiece[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) yield piece;
    else if (piece.end > piece.start)
      yield* createReadStream(piece.path, {
        start: piece.start,
        end: piece.end - 1,
        highWaterMark: 1024 * 1024,
      }) as AsyncIterable<Buffer>;
  }
}

/** SHA-256 of a file, hex; undefined when it is not there. */
export async function hashOf(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}

/** Writes pieces durably under a temporary name and gives the SHA-256 of the whole file. */
async function writeTemporary(file: string, pieces: readonly DataSetPiece[], signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file, 'wx', 0o640);
  try {
    for await (const chunk of bytesOf(pieces)) {
      signal?.throwIfAborted();
      hash.update(chunk);
      await handle.appendFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/**
 * Puts an instance into a folder as a Part 10 file: temporary name, fsync, then its final name, which never replaces another
 * file. The same bytes already there are taken as done.
 * @param relative path below the folder, made by the naming rules of the domain
 * @returns SHA-256 of the file, hex
 * @throws PacsError `file-exists` when other bytes have that name, `folder-outside-roots` when the path leads out of the folder
 */
export async function storeInFolder(
  folder: string,
  relative: string,
  instance: OutgoingInstance,
  signal?: AbortSignal,
): Promise<string> {
  const target = path.join(folder, relative);
  const parent = path.dirname(target);
  if (!isBelow(folder, target)) throw new PacsError('folder-outside-roots');
  await demandBelowRoots(parent, [folder]);
  await mkdir(parent, { recursive: true, mode: 0o750 });
  const temporary = path.join(parent, `.${path.basename(target)}.${randomUUID()}.part`);
  try {
    const sha256 = await writeTemporary(temporary, [encodeFileMeta(instance), ...instance.dataSet], signal);
    if (!(await nameFinally(temporary, target)) && (await hashOf(target)) !== sha256)
      throw new PacsError('file-exists');
    await syncFolder(parent);
    return sha256;
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

/** File systems without hard links say so in one of these ways. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Gives a file its final name; false when there is one of this name already. */
async function nameFinally(temporary: string, target: string): Promise<boolean> {
  try {
    await link(temporary, target); // unlike rename, never replaces a file
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.has(code)) throw error;
  }
  if (await exists(target)) return false;
  await rename(temporary, target);
  return true;
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

/** Makes a new name durable. File systems that cannot sync folders need no sync for it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EINVAL' && error.code !== 'ENOTSUP') throw error;
    });
  } finally {
    await handle.close();
  }
}
