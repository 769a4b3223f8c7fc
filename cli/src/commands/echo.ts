import { echo } from '@viaduct/dicom/dimse';
import { defineCommand } from '../command.ts';
import { line } from '../output.ts';
import { PEER_OPTIONS, readPeer } from '../peer.ts';

export default defineCommand({
  usage: 'echo HOST:PORT [options]',
  help: 'Asks a peer for its answer (C-ECHO) and says how long each step took.',
  positionals: [1, 1],
  options: { ...PEER_OPTIONS, json: { type: 'boolean', help: 'prints one JSON object' } },
  async run({ positionals: [address = ''], values, signal }) {
    const peer = await readPeer(address, values);
    const times = await echo(peer, { signal });
    const ms = (time: number) => Math.round(time * 10) / 10;
    const { connectMs, associateMs, echoMs } = times;
    if (values.json) {
      await line(JSON.stringify({ connectMs: ms(connectMs), associateMs: ms(associateMs), echoMs: ms(echoMs) }));
      return;
    }
    await line(
      `${peer.calledAETitle} at ${address} answers: connection ${ms(connectMs)} ms, association ${ms(associateMs)} ms, echo ${ms(echoMs)} ms`,
    );
  },
});
