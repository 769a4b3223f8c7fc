import { classify, fitOneAssociation, getInstances, storageProposals } from '@viaduct/dicom/dimse';
import { defineCommand, required } from '../command.ts';
import { Failure } from '../failure.ts';
import { FolderSink, outFolder } from '../incoming.ts';
import { counted, line, note, Progress } from '../output.ts';
import { PEER_OPTIONS, readPeer } from '../peer.ts';
import { expectedInstances, studyRequest, STUDY_OPTIONS, wantedStudy, type Expected } from '../study.ts';

/** @throws Failure when something that the peer has did not come */
function assertComplete(expected: Expected | undefined, sink: FolderSink, isUnsure: boolean): void {
  if (expected?.size === 0) throw new Failure('the peer has no such study or series');
  const missing = [...(expected?.keys() ?? [])].filter((sopInstanceUID) => !sink.stored.has(sopInstanceUID));
  for (const sopInstanceUID of missing) note(`missing: ${sopInstanceUID}`);
  if (missing.length > 0) throw new Failure(`${missing.length} of ${expected?.size} instances did not come`);
  if (sink.failures > 0) throw new Failure(`${counted(sink.failures, 'instance')} could not be written`);
  if (expected === undefined && sink.stored.size === 0) throw new Failure('the peer sent nothing');
  if (expected === undefined && isUnsure) throw new Failure('the peer says that not everything was sent');
}

/** One request, or one for each series where one association has too few contexts for the classes of all. */
function requestsFor(study: string, wanted: readonly string[], expected: Expected | undefined) {
  const known = [...(expected?.values() ?? [])].filter(({ sopClassUID }) => sopClassUID !== '');
  const classesOf = (instances: typeof known) => [...new Set(instances.map(({ sopClassUID }) => sopClassUID))];
  const all = [...new Set(known.map(({ seriesInstanceUID }) => seriesInstanceUID))];
  const series = wanted.length === 0 && !fitOneAssociation(classesOf(known)) ? all : wanted;
  return studyRequest(study, series).map((request) => {
    const { SeriesInstanceUID: of } = request.identifier;
    const instances = of === undefined ? known : known.filter(({ seriesInstanceUID }) => seriesInstanceUID === of);
    return { request, sopClassUIDs: classesOf(instances) };
  });
}

export default defineCommand({
  usage: 'get HOST:PORT --study UID --out DIR [options]',
  help: `Fetches a study, or series of it, into a folder (C-GET): one <SOPInstanceUID>.dcm per instance, data sets as the peer sends
them. Asks first which instances there are, and is done when all of them have come.`,
  positionals: [1, 1],
  options: {
    ...PEER_OPTIONS,
    ...STUDY_OPTIONS,
    out: { type: 'string', value: 'DIR', help: 'folder for the files; made if it is missing' },
    json: { type: 'boolean', help: 'prints one JSON object per instance' },
  },
  async run({ positionals: [address = ''], values, signal }) {
    const peer = await readPeer(address, values);
    const { study, series } = wantedStudy(values);
    const dir = await outFolder(required('--out', values.out));
    const expected = await expectedInstances(peer, study, series, signal);
    using progress = new Progress();
    const sink = new FolderSink(
      dir,
      { durability: 'written', hashed: values.json },
      async ({ sopInstanceUID, path, bytes, sha256 }) => {
        if (values.json) await line(JSON.stringify({ sopInstanceUID, path, bytes, sha256 }));
        progress.show(`${sink.stored.size} of ${expected?.size ?? '?'}, ${Math.round(sink.bytes / 1e6)} MB`);
      },
    );
    let isUnsure = false;
    for (const { request, sopClassUIDs } of expected?.size === 0 ? [] : requestsFor(study, series, expected)) {
      const proposals = storageProposals(sopClassUIDs);
      const { status } = await getInstances(peer, { ...request, proposals }, sink, { signal });
      isUnsure ||= classify(status) === 'warning';
    }
    assertComplete(expected, sink, isUnsure);
    if (!values.json) await line(`${counted(sink.stored.size, 'instance')}, ${sink.bytes} bytes in ${dir}`);
  },
});
