import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileMeta } from '@viaduct/dicom/part10';
import {
  accepts,
  findProgram,
  freePort,
  run,
  startService,
  temporaryFolder,
  type Outcome,
  type RunningService,
} from '@viaduct/testing';

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

/** DCMTK's query/retrieve SCP. */
export interface Dcmqrscp extends AsyncDisposable {
  readonly port: number;
  readonly aeTitle: string;
  /** Folder of its archive. */
  readonly folder: string;
}

/** Starts `dcmqrscp` with one empty archive. @param movePort where its destination RECEIVER listens */
export async function startDcmqrscp(movePort: number): Promise<Dcmqrscp> {
  const command = await findProgram('dcmqrscp');
  const folder = await temporaryFolder('viaduct-dcmqrscp-');
  const port = await freePort();
  const aeTitle = 'DCMQRSCP';
  const configuration = [
    ...[`NetworkTCPPort = ${port}`, 'MaxPDUSize = 131072', 'MaxAssociations = 16'],
    ...['HostTable BEGIN', `receiver = (RECEIVER, 127.0.0.1, ${movePort})`, 'HostTable END'],
    ...['VendorTable BEGIN', 'VendorTable END', 'AETable BEGIN'],
    ...[`${aeTitle} ${folder.path} RW (100, 1024mb) ANY`, 'AETable END', ''],
  ];
  const file = path.join(folder.path, 'dcmqrscp.cfg');
  await writeFile(file, configuration.join('\n'));
  const service = await startService({ command, args: ['-c', file], ready: () => accepts(port) });
  return {
    port,
    aeTitle,
    folder: folder.path,
    [Symbol.asyncDispose]: async () => {
      await service.stop('SIGKILL');
      await folder[Symbol.asyncDispose]();
    },
  };
}
