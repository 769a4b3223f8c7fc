import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { accepts, findProgram, freePort, startService, temporaryFolder } from './processes.ts';

export interface DcmqrscpOptions {
  /** Where its destination RECEIVER of C-MOVE listens. */
  readonly movePort?: number;
  /** Further options of the program, such as `+xs`: it takes JPEG lossless. */
  readonly args?: readonly string[];
}

/** DCMTK's query/retrieve SCP. */
export interface Dcmqrscp extends AsyncDisposable {
  readonly port: number;
  readonly aeTitle: string;
  /** Folder of its archive. */
  readonly folder: string;
}

/** Starts `dcmqrscp` with one empty archive. */
export async function startDcmqrscp({ movePort = 104, args = [] }: DcmqrscpOptions = {}): Promise<Dcmqrscp> {
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
  const service = await startService({ command, args: ['-c', file, ...args], ready: () => accepts(port) });
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
