import { classify, move, type RetrieveResult, type SubOperations } from '@viaduct/dicom/dimse';
import { defineCommand, required } from '../command.ts';
import { Failure } from '../failure.ts';
import { counted, line, Progress } from '../output.ts';
import { aeTitle, PEER_OPTIONS, readPeer } from '../peer.ts';
import { studyRequest, STUDY_OPTIONS, wantedStudy } from '../study.ts';

/** Counters of several C-MOVE together. */
function added(one: SubOperations, other: SubOperations): SubOperations {
  const sum = (name: keyof SubOperations) =>
    one[name] === undefined && other[name] === undefined ? undefined : (one[name] ?? 0) + (other[name] ?? 0);
  return { completed: sum('completed'), failed: sum('failed'), warning: sum('warning') };
}

/** @throws Failure when the peer says that something was not sent */
function assertMoved({ completed, failed = 0, warning = 0 }: SubOperations, results: readonly RetrieveResult[]): void {
  if (failed > 0) throw new Failure(`${counted(failed, 'instance')} failed, ${completed ?? 'an unknown number'} moved`);
  const isUnsure = results.some(({ status }) => classify(status) === 'warning');
  if (isUnsure && warning === 0) throw new Failure('the peer says that not everything was moved');
  if (completed !== undefined && completed + warning === 0) throw new Failure('the peer found nothing to move');
}

export default defineCommand({
  usage: 'move HOST:PORT --study UID --to AET [options]',
  help: 'Asks a peer to send a study, or series of it, to a third application entity that it knows (C-MOVE).',
  positionals: [1, 1],
  options: {
    ...PEER_OPTIONS,
    ...STUDY_OPTIONS,
    to: { type: 'string', value: 'AET', help: 'AE title of the receiver, as the peer knows it' },
    json: { type: 'boolean', help: 'prints the counters as one JSON object' },
  },
  async run({ positionals: [address = ''], values, signal }) {
    const peer = await readPeer(address, values);
    const { study, series } = wantedStudy(values);
    const destinationAETitle = aeTitle('--to', required('--to', values.to));
    const results: RetrieveResult[] = [];
    let counts: SubOperations = {};
    {
      using progress = new Progress();
      const onProgress = ({ completed = 0, remaining }: SubOperations) =>
        progress.show(`${(counts.completed ?? 0) + completed} moved, ${remaining ?? '?'} to go`);
      for (const request of studyRequest(study, series)) {
        const result = await move(peer, { ...request, destinationAETitle }, { signal, onProgress });
        results.push(result);
        counts = added(counts, result);
      }
    }
    const { completed, failed: notMoved, warning } = counts;
    if (values.json) await line(JSON.stringify({ completed, failed: notMoved, warning }));
    assertMoved(counts, results);
    if (!values.json) await line(`${completed === undefined ? 'everything' : counted(completed, 'instance')} moved`);
  },
});
