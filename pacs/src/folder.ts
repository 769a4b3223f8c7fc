import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, link, lstat, mkdir, open, realpath, unlink } from 'node:fs/promises';
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

/** Checks that a folder node can be used: below the roots, there, writable. It is made when only its last part is missing. */
export async function checkFolder(folder: string, roots: readonly string[]): Promise<void> {
  await demandBelowRoots(folder, roots);
  try {
    await mkdir(folder, { mode: 0o750 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (!(await lstat(await realpath(folder))).isDirectory()) throw new PacsError('folder-missing');
  await access(folder, constants.W_OK | constants.X_OK);
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
      await handle.writev([chunk]);
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
 * @throws PacsError `file-exists` when other bytes have that name
 */
export async function storeInFolder(
  folder: string,
  relative: string,
  instance: OutgoingInstance,
  signal?: AbortSignal,
): Promise<string> {
  const target = path.join(folder, relative);
  if (!isBelow(folder, target)) throw new PacsError('folder-outside-roots');
  await mkdir(path.dirname(target), { recursive: true, mode: 0o750 });
  const temporary = path.join(path.dirname(target), `.${randomUUID()}.part`);
  try {
    const sha256 = await writeTemporary(temporary, [encodeFileMeta(instance), ...instance.dataSet], signal);
    try {
      await link(temporary, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if ((await hashOf(target)) !== sha256) throw new PacsError('file-exists');
    }
    return sha256;
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}
