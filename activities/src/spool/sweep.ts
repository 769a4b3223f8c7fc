import { readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { SpoolFolders, TaskKey } from './folders.ts';
import type { SpareFiles } from './spares.ts';

async function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}

/** Every task that has a folder in the spool. */
export async function spooledTasks(folders: SpoolFolders): Promise<TaskKey[]> {
  const found: TaskKey[] = [];
  for (const jobId of await entries(folders.root)) {
    if (!/^[0-9a-f-]{36}$/.test(jobId)) continue;
    for (const task of await entries(path.join(folders.root, jobId))) {
      if (/^\d{1,9}$/.test(task)) found.push({ jobId, taskNo: Number(task) });
    }
  }
  return found;
}

/** The spool of a host: where its files are, and those that may be used again. */
export interface Spool {
  readonly folders: SpoolFolders;
  readonly spares: SpareFiles;
}

/** Takes the spool of one task away, and the folder of its job when it was the last. */
export async function removeTask({ folders, spares }: Spool, task: TaskKey): Promise<void> {
  await spares.discard(folders.task(task));
  await rmdir(folders.job(task.jobId)).catch(() => undefined); // not empty: other tasks still use it
}

/**
 * Removes the folders of tasks that need them no more.
 * @param stillNeeded asked once with all tasks found; answers with those whose bytes are still wanted
 * @returns how many task folders were removed
 */
export async function sweepSpool(
  spool: Spool,
  stillNeeded: (tasks: readonly TaskKey[]) => Promise<readonly TaskKey[]>,
): Promise<number> {
  const found = await spooledTasks(spool.folders);
  if (found.length === 0) return 0;
  const name = (task: TaskKey) => `${task.jobId}/${task.taskNo}`;
  const needed = new Set((await stillNeeded(found)).map(name));
  const orphans = found.filter((task) => !needed.has(name(task)));
  for (const task of orphans) await removeTask(spool, task);
  return orphans.length;
}
