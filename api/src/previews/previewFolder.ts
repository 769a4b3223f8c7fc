import { mkdir, rm } from 'node:fs/promises';

/** Empties the folder for images of previews, which a process that was killed may have left there, or makes it. */
export async function clearPreviews(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
