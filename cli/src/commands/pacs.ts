import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import {
  playScript,
  readScript,
  ScriptError,
  serveControl,
  startPacs,
  type Destination,
  type PacsScript,
} from '@viaduct/testing/pacs';
import { defineCommand, integer, required } from '../command.ts';
import { Failure, sentenceOf, UsageError } from '../failure.ts';
import { outFolder } from '../incoming.ts';
import { line, note } from '../output.ts';
import { aeTitle, hostAndPort } from '../peer.ts';
import { tlsServer, TLS_SERVER_OPTIONS } from '../tls.ts';

/** `AET=HOST:PORT` */
function readDestination(text: string): [string, Destination] {
  const [, title = '', address = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  return [aeTitle('--move', title), hostAndPort(address)];
}

const NO_FAULTS: PacsScript = { phases: [{ faults: {} }], repeat: false };

/** @throws Failure when the file cannot be read; UsageError when it is no script */
async function scriptOf(file: string | undefined): Promise<PacsScript> {
  if (file === undefined) return NO_FAULTS;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Failure(`${file}: ${sentenceOf(error)}`);
  });
  try {
    return readScript(text);
  } catch (error) {
    if (error instanceof ScriptError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

export default defineCommand({
  usage: 'pacs DIR --port PORT [--script FILE] [options]',
  help: `Is a PACS over a folder of DICOM files: C-ECHO, C-FIND, C-GET, C-MOVE, C-STORE, storage commitment; what it receives goes to
DIR/received. A script makes it slow, full, forgetful or broken: see docs/command.md. Runs until SIGTERM or Ctrl-C. For tests and sizing, not for patients.`,
  positionals: [1, 1],
  options: {
    port: { type: 'string', value: 'PORT', help: 'TCP port; 0 takes a free one' },
    aet: { type: 'string', value: 'AET', default: 'PACS', help: 'its AE title; others are rejected' },
    calling: { type: 'string', value: 'AET', multiple: true, help: 'lets only this AE title in' },
    host: { type: 'string', value: 'ADDRESS', default: '127.0.0.1', help: 'address to listen at' },
    move: { type: 'string', value: 'AET=HOST:PORT', multiple: true, help: 'a destination of C-MOVE' },
    script: { type: 'string', value: 'FILE', help: 'what it does wrong, in JSON' },
    'control-port': { type: 'string', value: 'PORT', help: 'serves counters and takes scripts over HTTP on 127.0.0.1' },
    ...TLS_SERVER_OPTIONS,
    json: { type: 'boolean', help: 'says where it listens as one JSON object' },
  },
  async run({ positionals: [dir = ''], values, signal }) {
    const script = await scriptOf(values.script);
    const tls = await tlsServer(values);
    const options = {
      dir,
      aeTitle: aeTitle('--aet', values.aet),
      host: values.host,
      port: integer('--port', required('--port', values.port), 0, 65_535),
      destinations: Object.fromEntries(values.move.map(readDestination)),
      faults: script.phases[0].faults,
      ...(tls && { tls }),
      ...(values.calling.length > 0 && { callingAETitles: values.calling }),
    };
    const controlPort =
      values['control-port'] === undefined ? undefined : integer('--control-port', values['control-port'], 0, 65_535);
    await outFolder(dir);
    const fail = (error: unknown) => {
      throw new Failure(`cannot serve ${dir} on port ${options.port}: ${sentenceOf(error)}`);
    };
    await using pacs = await startPacs(options).catch(fail);
    await using control = controlPort === undefined ? undefined : await serveControl(pacs, controlPort).catch(fail);
    const { aeTitle: title, port } = pacs;
    const place = { ready: true, aeTitle: title, port, controlPort: control?.port };
    if (values.json) await line(JSON.stringify(place));
    else note(`${title} listens on port ${port}${control ? `, its control on ${control.port}` : ''}`);
    await playScript(pacs, script, signal);
    if (!signal.aborted) await once(signal, 'abort');
  },
});
