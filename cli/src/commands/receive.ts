import { once } from 'node:events';
import { DimseError, REJECTION, startStorageScp, type AssociationCall } from '@viaduct/dicom/dimse';
import { defineCommand, integer, required, seconds } from '../command.ts';
import { Failure, sentenceOf } from '../failure.ts';
import { FolderSink, outFolder } from '../incoming.ts';
import { counted, line, note } from '../output.ts';
import { aeTitle } from '../peer.ts';
import { tlsServer, TLS_SERVER_OPTIONS } from '../tls.ts';

/** How long what is under way may take to clear up at the end, ms. */
const GRACE_MS = 5_000;

export default defineCommand({
  usage: 'receive PORT --out DIR [options]',
  help: `Takes what peers send (C-STORE SCP) into a folder, one <SOPInstanceUID>.dcm per instance, data sets byte for byte. An instance
is acknowledged when its file is on the disk. Runs until SIGTERM or Ctrl-C and then leaves no part of a file behind.`,
  positionals: [1, 1],
  options: {
    out: { type: 'string', value: 'DIR', help: 'folder for the files; made if it is missing' },
    aet: { type: 'string', value: 'AET', help: 'our AE title: others are rejected; without it any will do' },
    calling: { type: 'string', value: 'AET', multiple: true, help: 'lets only this AE title in' },
    host: { type: 'string', value: 'ADDRESS', default: '0.0.0.0', help: 'address to listen at' },
    'idle-timeout': { type: 'string', value: 'SECONDS', default: '60', help: 'for a peer that falls silent' },
    'no-fsync': { type: 'boolean', help: 'answers when the file is written: faster, but lost if the power fails' },
    ...TLS_SERVER_OPTIONS,
    json: { type: 'boolean', help: 'prints one JSON object per instance, after one with the port' },
  },
  async run({ positionals: [port = ''], values, signal }) {
    const callers = values.calling.map((title) => aeTitle('--calling', title));
    const timeoutMs = seconds('--idle-timeout', values['idle-timeout']);
    const tls = await tlsServer(values);
    const options = {
      host: values.host,
      port: integer('the port', port, 0, 65_535),
      limits: { responseTimeoutMs: timeoutMs, idleTimeoutMs: timeoutMs },
      ...(tls && { tls }),
      ...(values.aet === undefined ? {} : { aeTitle: aeTitle('--aet', values.aet) }),
    };
    const dir = await outFolder(required('--out', values.out));
    const sink = new FolderSink(
      dir,
      { durability: values['no-fsync'] ? 'written' : 'synced', hashed: values.json },
      ({ sopInstanceUID, path, bytes, sha256, callingAETitle }) =>
        line(values.json ? JSON.stringify({ sopInstanceUID, path, bytes, sha256, callingAETitle }) : path),
    );
    const scp = await startStorageScp({
      ...options,
      sink,
      authorize: ({ callingAETitle }) =>
        callers.length === 0 || callers.includes(callingAETitle) ? 'accept' : REJECTION.callingAETitle,
      onError: (error, call) => signal.aborted || note(complaint(error, call)),
    }).catch((error: unknown) => {
      throw new Failure(`cannot listen on port ${port}: ${sentenceOf(error)}`);
    });
    if (values.json) await line(JSON.stringify({ listening: true, port: scp.port }));
    else note(`listening on port ${scp.port}`);
    if (!signal.aborted) await once(signal, 'abort');
    await scp.close();
    await Promise.race([sink.idle, new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref())]);
    if (!values.json) note(`received ${counted(sink.count, 'instance')}, ${sink.bytes} bytes`);
  },
});

/** What became of an association, for people; never what a data set says. */
function complaint(error: unknown, call: AssociationCall | undefined): string {
  const who = call === undefined ? 'a peer' : `${call.callingAETitle} at ${call.remoteAddress}`;
  const isRejection = error instanceof DimseError && error.reason === 'association-rejected';
  return `${who}: ${isRejection ? 'rejected' : sentenceOf(error)}`;
}
