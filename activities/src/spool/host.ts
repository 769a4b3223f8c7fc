import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** Two workers must not share one spool: each would take the other's files for its own. */
export class SpoolLockedError extends Error {
  override readonly name = 'SpoolLockedError';
  readonly holder: { readonly pid: number; readonly host: string };
  constructor(holder: { pid: number; host: string }) {
    super(`The spool folder is used by process ${holder.pid} on ${holder.host}.`);
    this.holder = holder;
  }
}

/** A lock of another machine counts as left behind when it was not touched for this long (ms). */
const FOREIGN_LOCK_STALE_MS = 30_000;
const TOUCH_MS = 5_000;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start time of the process where the system tells (Linux), so that a reused pid is not taken for the holder. */
  readonly started: string;
}

/** The host id of a spool folder, held by this process until it is disposed of. */
export interface HostIdentity extends AsyncDisposable {
  readonly hostId: string;
}

/**
 * Takes possession of a spool folder: creates it, makes its host id at first use (from `name`, by default the machine's),
 * and locks it against a second worker. A lock of a process that has died (kill -9) is taken over at once. Throws SpoolLockedError.
 */
export async function holdSpool(root: string, name = ''): Promise<HostIdentity> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const lockPath = path.join(root, 'lock');
  await takeLock(lockPath);
  const hostId = await readOrMakeHostId(path.join(root, 'host-id'), name || os.hostname());
  const touch = setInterval(() => void utimes(lockPath, new Date(), new Date()).catch(() => undefined), TOUCH_MS);
  touch.unref();
  return {
    hostId,
    async [Symbol.asyncDispose]() {
      clearInterval(touch);
      await rm(lockPath, { force: true });
    },
  };
}

async function takeLock(lockPath: string): Promise<void> {
  const mine: Holder = { pid: process.pid, host: os.hostname(), started: await processStart(process.pid) };
  const draft = `${lockPath}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        await link(draft, lockPath); // atomic: fails when somebody holds it
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt >= 5) throw error;
      }
      const holder = await livingHolder(lockPath);
      if (holder) throw new SpoolLockedError(holder);
      await rm(lockPath, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function livingHolder(lockPath: string): Promise<Holder | null> {
  let holder: Holder;
  try {
    holder = JSON.parse(await readFile(lockPath, 'utf8')) as Holder;
  } catch {
    return null; // gone meanwhile, or torn by a power failure
  }
  if (holder.host !== os.hostname()) {
    const touched = await stat(lockPath).catch(() => null);
    return touched && Date.now() - touched.mtimeMs < FOREIGN_LOCK_STALE_MS ? holder : null;
  }
  if (!isAlive(holder.pid)) return null;
  return (await processStart(holder.pid)) === holder.started ? holder : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)): start time since boot in clock ticks; empty where there is no such file. */
async function processStart(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function readOrMakeHostId(file: string, hostName: string): Promise<string> {
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (/^[a-z0-9-]{1,60}$/.test(known)) return known;
  const name = hostName
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40);
  const made = `${name || 'host'}-${randomBytes(4).toString('hex')}`.replace(/^-+/, '');
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  return made;
}
