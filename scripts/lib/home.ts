import { mkdirSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { SettingsError, readSettings } from '@viaduct/configuration';
import type { Settings } from '@viaduct/configuration';
import { forget, livingPid, remember, rememberedNames, terminate } from './processes.ts';
import { Sentence } from './sentence.ts';

const SMALLEST_DISK_BYTES = 256 * 1024 ** 2;

/** The settings, or one sentence about the one that cannot be used. */
export function settingsOrSentence(): Settings {
  try {
    return readSettings();
  } catch (error) {
    if (error instanceof SettingsError) throw new Sentence(`a setting cannot be used: ${error.message}`);
    throw error;
  }
}

/** Makes the folders of the product; only their owner may read what lies in them. */
export function prepareFolders(settings: Settings): void {
  try {
    mkdirSync(settings.home, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    for (const folder of [
      settings.secrets,
      settings.spool,
      path.join(settings.home, 'logs'),
      path.join(settings.home, 'run'),
    ]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    for (const folder of settings.folderRoots) mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Sentence(
      `the data folder ${settings.home} cannot be written (${(error as NodeJS.ErrnoException).code}); set VIADUCT_HOME to another one.`,
    );
  }
  const disk = statfsSync(settings.home);
  if (disk.bavail * disk.bsize < SMALLEST_DISK_BYTES) {
    throw new Sentence(
      `less than 256 MB are free where ${settings.home} lies; free some space or set VIADUCT_HOME to another disk.`,
    );
  }
}

/** One supervisor per data folder; what a killed one left behind is ended first. */
export async function takeOver(runFolder: string): Promise<void> {
  const other = livingPid(runFolder, 'supervisor');
  if (other && other !== process.pid)
    throw new Sentence(`Viaduct already runs with this data folder (process ${other}).`);
  remember(runFolder, 'supervisor', process.pid);
  const leftovers = rememberedNames(runFolder).filter((name) => name !== 'supervisor');
  await Promise.all(
    leftovers.map(async (name) => {
      const pid = livingPid(runFolder, name);
      if (pid) await terminate(pid, 10_000, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
      forget(runFolder, name);
    }),
  );
}
