import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A process as it is remembered in a file: its start time tells it from a later process with the same number. */
interface Remembered {
  readonly pid: number;
  readonly startTime: string;
}

/** Field 22 of /proc/<pid>/stat: clock ticks after boot. Undefined when there is no such process or it is a zombie. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Writes down a process so that the next start can find it when this one is killed. */
export function remember(folder: string, name: string, pid: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const startTime = startTimeOf(pid) ?? '';
  writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({ pid, startTime } satisfies Remembered), {
    mode: 0o600,
  });
}

/** Forgets a process that has ended. */
export function forget(folder: string, name: string): void {
  rmSync(path.join(folder, `${name}.json`), { force: true });
}

/** The number of a remembered process that still lives, or undefined. */
export function livingPid(folder: string, name: string): number | undefined {
  try {
    const { pid, startTime } = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as Remembered;
    return startTimeOf(pid) === startTime ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The names of all remembered processes. */
export function rememberedNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length));
  } catch {
    return [];
  }
}

/** Waits until a condition holds; false when it does not within the deadline (ms). */
export async function waitUntil(condition: () => boolean | Promise<boolean>, deadlineMs: number): Promise<boolean> {
  const end = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in the meantime, which is what was wanted.
  }
}

/** Ends a process: first as it wishes, after `graceMs` by force. */
export async function terminate(pid: number, graceMs: number, first: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const startTime = startTimeOf(pid);
  if (!startTime) return;
  const gone = () => startTimeOf(pid) !== startTime;
  signal(pid, first);
  if (await waitUntil(gone, graceMs)) return;
  signal(pid, 'SIGKILL');
  await waitUntil(gone, 5_000);
}
