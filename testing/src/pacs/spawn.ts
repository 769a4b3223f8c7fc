import path from 'node:path';
import { startService } from '../services/index.ts';
import { connectControl } from './control.ts';
import type { Pacs, PacsOptions } from './types.ts';

export type SpawnOptions = Omit<PacsOptions, 'callingAETitles' | 'transferSyntaxes'> & {
  readonly controlPort?: number;
};

/** A PACS in a process of its own. */
export interface SpawnedPacs extends Pacs {
  readonly pid: number;
  readonly controlPort: number;
  output(): string;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
}

interface Ready {
  readonly port: number;
  readonly controlPort: number;
}

/** The line that `main.ts` prints when it is ready. */
function readyLine(output: string): Ready | undefined {
  const line = output.split('\n').find((text) => text.startsWith('{"ready":true'));
  return line === undefined ? undefined : (JSON.parse(line) as Ready);
}

/** Starts a PACS as a process and waits until it is ready. */
export async function spawnPacs(options: SpawnOptions): Promise<SpawnedPacs> {
  const aeTitle = options.aeTitle ?? 'PACS';
  const host = options.host ?? '127.0.0.1';
  const moves = Object.entries(options.destinations ?? {}).flatMap(([title, destination]) => [
    '--move',
    `${title}=${destination.host}:${destination.port}`,
  ]);
  const service = await startService({
    command: process.execPath,
    args: [
      path.join(import.meta.dirname, 'main.ts'),
      ...['--dir', options.dir, '--aet', aeTitle, '--host', host, '--port', String(options.port ?? 0)],
      ...['--control-port', String(options.controlPort ?? 0), '--faults', JSON.stringify(options.faults ?? {})],
      ...moves,
    ],
    ready: ({ output }) => readyLine(output()) !== undefined,
  });
  const { port, controlPort } = readyLine(service.output()) ?? { port: 0, controlPort: 0 };
  return {
    dir: options.dir,
    aeTitle,
    host,
    port,
    controlPort,
    pid: service.pid,
    ...connectControl(controlPort),
    output: service.output,
    kill: () => service.stop('SIGKILL'),
    close: () => service.stop(),
    [Symbol.asyncDispose]: () => service.stop(),
  };
}
