import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { serveControl } from './control.ts';
import { startPacs } from './server.ts';
import type { Destination, Faults } from './types.ts';

const USAGE =
  'main.ts --dir FOLDER [--aet TITLE] [--host ADDRESS] [--port N] [--control-port N] [--move TITLE=host:port ...] [--faults JSON]';

/** `TITLE=host:port` */
function readDestination(text: string): [string, Destination] {
  const match = /^(.{1,16})=(.+):(\d+)$/.exec(text);
  if (!match?.[1] || !match[2]) throw new Error(`not TITLE=host:port: ${text}\n${USAGE}`);
  return [match[1], { host: match[2], port: Number(match[3]) }];
}

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    aet: { type: 'string', default: 'PACS' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    'control-port': { type: 'string', default: '0' },
    move: { type: 'string', multiple: true, default: [] },
    faults: { type: 'string', default: '{}' },
  },
});
if (!values.dir) throw new Error(USAGE);
await mkdir(values.dir, { recursive: true });
const pacs = await startPacs({
  dir: values.dir,
  aeTitle: values.aet,
  host: values.host,
  port: Number(values.port),
  destinations: Object.fromEntries(values.move.map(readDestination)),
  faults: JSON.parse(values.faults) as Faults,
});
const control = await serveControl(pacs, Number(values['control-port']));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void Promise.all([pacs.close(), control[Symbol.asyncDispose]()]).then(() => process.exit(0));
  });
}
console.log(JSON.stringify({ ready: true, aeTitle: pacs.aeTitle, port: pacs.port, controlPort: control.port }));
