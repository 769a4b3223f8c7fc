import { mkdir } from 'node:fs/promises';
import { serveControl } from './control.ts';
import { startPacs } from './server.ts';
import type { SpawnOptions } from './spawn.ts';

// The process that `spawnPacs` starts: its options come as one argument. People use `viaduct pacs`.
const { controlPort = 0, ...options } = JSON.parse(process.argv[2] ?? '{}') as SpawnOptions;
await mkdir(options.dir, { recursive: true });
const pacs = await startPacs(options);
const control = await serveControl(pacs, controlPort);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void Promise.all([pacs.close(), control[Symbol.asyncDispose]()]).then(() => process.exit(0));
  });
}
console.log(JSON.stringify({ ready: true, port: pacs.port, controlPort: control.port }));
