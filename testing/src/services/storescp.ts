import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { accepts, findProgram, freePort, startService, temporaryFolder } from './processes.ts';

export interface StorescpOptions {
  /** `STORESCP` by default. */
  readonly aeTitle?: string;
  /** A random free one by default. */
  readonly port?: number;
  /** Folder that is kept; without it a temporary one is removed at the end. */
  readonly dir?: string;
  /** Further options of the program. */
  readonly args?: readonly string[];
}

/** DCMTK's storage SCP: accepts every transfer syntax it knows and writes what it receives. */
export interface Storescp extends AsyncDisposable {
  readonly port: number;
  readonly aeTitle: string;
  readonly dir: string;
  /** Paths of the files received until now. */
  files(): Promise<string[]>;
  output(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `storescp` and waits until it accepts connections. */
export async function startStorescp(options: StorescpOptions = {}): Promise<Storescp> {
  const command = await findProgram('storescp');
  const aeTitle = options.aeTitle ?? 'STORESCP';
  const port = options.port ?? (await freePort());
  const folder = options.dir ? undefined : await temporaryFolder('viaduct-storescp-');
  const dir = options.dir ?? folder?.path ?? '';
  const service = await startService({
    command,
    args: [
      '--aetitle',
      aeTitle,
      '--output-directory',
      dir,
      '--fork',
      '+xa',
      '+B',
      ...(options.args ?? []),
      String(port),
    ],
    ready: () => accepts(port),
  }).catch(async (error: unknown) => {
    await folder?.[Symbol.asyncDispose]();
    throw error;
  });
  const stop = async (signal?: NodeJS.Signals) => {
    await service.stop(signal);
    await folder?.[Symbol.asyncDispose]();
  };
  return {
    port,
    aeTitle,
    dir,
    files: async () => (await readdir(dir)).sort().map((name) => path.join(dir, name)),
    output: service.output,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
