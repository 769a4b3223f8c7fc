import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileMeta } from '@viaduct/dicom/part10';
import { run, startService, type Outcome, type RunningService } from '@viaduct/testing';

/** The command as npm links it. */
export const BIN = fileURLToPath(new URL('../../bin/viaduct.mjs', import.meta.url));

/** Runs the command to its end. */
export function viaduct(...args: readonly string[]): Promise<Outcome> {
  return run(process.execPath, [BIN, ...args]);
}

/** Starts `viaduct receive` and waits until it listens. */
export async function startReceive(
  out: string,
  ...args: readonly string[]
): Promise<RunningService & { readonly port: number }> {
  const service = await startService({
    command: process.execPath,
    args: [BIN, 'receive', '0', '--host', '127.0.0.1', '--out', out, '--json', ...args],
    ready: ({ output }) => output().includes('"listening":true'),
  });
  const [first = ''] = service.output().split('\n');
  return { ...service, port: (JSON.parse(first) as { port: number }).port };
}

/** The lines of an output of JSON lines. */
export function jsonLines<T>({ stdout }: Outcome): T[] {
  const lines = stdout.split('\n').filter((text) => text !== '');
  return lines.map((text) => JSON.parse(text) as T);
}

/** SHA-256 of the data set of a file, without what the file meta information says. */
export async function dataSetHash(file: string): Promise<string> {
  const { dataSetOffset } = await readFileMeta(file);
  return createHash('sha256')
    .update((await readFile(file)).subarray(dataSetOffset))
    .digest('hex');
}

/** SHA-256 of each data set in a folder, sorted. */
export async function hashesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).sort();
  return (await Promise.all(names.map((name) => dataSetHash(path.join(folder, name))))).sort();
}
