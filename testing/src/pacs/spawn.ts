import path from 'node:path';
import { startService } from '../services/index.ts';
import { connectControl } from './control.ts';
import type { Pacs, PacsOptions } from './types.ts';

export interface SpawnOptions extends PacsOptions {
  /** A free one by default. */
  readonly controlPort?: number;
}

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
  const service = await startService({
    command: process.execPath,
    args: [path.join(import.meta.dirname, 'main.ts'), JSON.stringify(options)],
    ready: ({ output }) => readyLine(output()) !== undefined,
  });
  const { port, controlPort } = readyLine(service.output()) ?? { port: 0, controlPort: 0 };
  return {
    dir: options.dir,
    aeTitle: options.aeTitle ?? 'PACS',
    host: options.host ?? '127.0.0.1',
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
