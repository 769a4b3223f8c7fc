import path from 'node:path';
import {
  storageProposals,
  type Answer,
  type Identifier,
  type InstanceSink,
  type PresentationContextProposal,
  type RetrieveResult,
} from '@viaduct/dicom/dimse';
import type { Quirk } from '@viaduct/domain';
import { startDcmqrscp } from '@viaduct/testing';
import { describe, expect, test } from 'vitest';
import { ONE_BY_ONE } from '../destination.ts';
import { openSite, outgoing, sinkInto } from '../harness/site.ts';
import type { Face, RetrieveSelection } from './face.ts';
import { withQuirks } from './quirks.ts';

const call = { turn: () => Promise.resolve() };
const sink = {} as InstanceSink;
const WHOLE: RetrieveSelection = { studyInstanceUid: '1' };

/** A server that notes what it is asked, gives the same answers to everything, and the results in their order. */
function server({
  answers = [],
  results = [],
  kind = 'dimse',
}: {
  answers?: Answer[];
  results?: (RetrieveResult | Error)[];
  kind?: Face['kind'];
}) {
  const asked: Identifier[] = [];
  const selections: RetrieveSelection[] = [];
  const offers: (readonly PresentationContextProposal[])[] = [];
  const retrieve = async (selection: RetrieveSelection) => {
    selections.push(selection);
    const result = results.shift() ?? { status: 0, completed: 1 };
    if (result instanceof Error) throw result;
    return result;
  };
  const face: Face = {
    kind,
    asked: { host: 'x', port: 1 },
    async *find(_level, identifier) {
      asked.push(identifier);
      yield* answers;
    },
    get: (selection, proposals) => {
      offers.push(proposals ?? []);
      return retrieve(selection);
    },
    move: retrieve,
    open: async (proposals) => {
      offers.push(proposals);
      return {
        batch: ONE_BY_ONE,
        accepts: () => true,
        store: async (items) => items.map(() => ({ status: 0 })),
        close: async () => undefined,
        abort: () => undefined,
      };
    },
    capabilities: async () => ({ services: [], storage: new Map() }),
    greet: async () => [],
    failedStep: () => 'echo',
  };
  return { face, asked, selections, offers };
}

async function found(face: Face, quirks: Quirk[], identifier: Identifier): Promise<Answer[]> {
  const answers: Answer[] = [];
  for await (const answer of withQuirks(face, quirks).find('STUDY', identifier, call)) answers.push(answer);
  return answers;
}

test('ignores-keys: an answer without the attribute that was asked for is dropped', async () => {
  const [named, unnamed] = [{ PatientName: ['A'], StudyDate: [''] }, { StudyDate: ['20250101'] }];
  const { face } = server({ answers: [named, unnamed] });
  expect(await found(face, ['ignores-keys'], { PatientName: 'A*', StudyDate: '' })).toEqual([named]);
  expect(await found(face, ['wrong-counts'], { PatientName: 'A*' })).toEqual([named, unnamed]);
});

test('plain-web-queries: a DICOMweb server gets letters, digits and wildcards', async () => {
  const web = server({ kind: 'web' });
  await found(web.face, ['plain-web-queries'], { PatientName: 'Müller^A*', StudyInstanceUID: '1.2' });
  expect(web.asked).toEqual([{ PatientName: 'M*ller*A*', StudyInstanceUID: '1.2' }]);
});

describe('retrieving', () => {
  const NAMED = { ...WHOLE, seriesInstanceUid: '1.1', sopInstanceUids: ['a', 'b'] };

  test('single-uid: each image is a request, their counts together are the result', async () => {
    const results = [
      { status: 0, completed: 1 },
      { status: 0xb000, failed: 1 },
    ];
    const { face, selections } = server({ results });
    const result = await withQuirks(face, ['single-uid']).get(NAMED, [], sink, call);
    expect(result).toEqual({ status: 0xb000, completed: 1, failed: 1, warning: 0 });
    expect(selections.map(({ sopInstanceUids }) => sopInstanceUids)).toEqual([['a'], ['b']]);
  });

  test('empty-under-load: success with nothing is overload', async () => {
    const { face } = server({ results: [{ status: 0, completed: 0 }, { status: 0 }, { status: 0, completed: 2 }] });
    const strange = withQuirks(face, ['empty-under-load']);
    await expect(strange.move(WHOLE, 'RX', call)).rejects.toMatchObject({ reason: 'refused-out-of-resources' });
    await expect(strange.get(WHOLE, [], sink, call)).rejects.toMatchObject({ reason: 'refused-out-of-resources' });
    expect(await strange.get(WHOLE, [], sink, call)).toMatchObject({ completed: 2 });
  });

  test('false-success: no counter is passed on', async () => {
    const { face } = server({ results: [{ status: 0, completed: 9, failed: 0 }] });
    expect(await withQuirks(face, ['false-success']).move(WHOLE, 'RX', call)).toEqual({ status: 0 });
  });

  const context = (abstractSyntax: string, ...transferSyntaxes: string[]) => ({ abstractSyntax, transferSyntaxes });
  const short = (offer: readonly PresentationContextProposal[] = []) =>
    offer.map(({ abstractSyntax, transferSyntaxes }) => `${abstractSyntax}:${transferSyntaxes.join('+')}`).join(' ');

  test('context-by-class: transfer syntaxes are offered one after the other until nothing fails', async () => {
    const failed = Object.assign(new Error('failed'), { facts: { failed: 1, completed: 1 } });
    const { face, offers } = server({ results: [failed, { status: 0, completed: 2 }] });
    const proposals = [context('CT', 'plain'), context('CT', 'jpeg'), context('CT', 'rle'), context('SR', 'plain')];
    expect(await withQuirks(face, ['context-by-class']).get(WHOLE, proposals, sink, call)).toMatchObject({
      completed: 2,
    });
    expect(offers.map(short)).toEqual(['CT:plain SR:plain', 'CT:jpeg']);
    const other = server({ results: [new Error('gone')] });
    await expect(withQuirks(other.face, ['context-by-class']).get(WHOLE, proposals, sink, call)).rejects.toThrow(
      'gone',
    );
  });

  test('one-transfer-syntax: every context offers one, also for storing', async () => {
    const { face, offers } = server({});
    const strange = withQuirks(face, ['one-transfer-syntax']);
    await strange.get(WHOLE, [context('CT', 'explicit', 'implicit')], sink, call);
    await strange.open([context('CT', 'explicit', 'implicit')], call);
    expect(offers.map(short)).toEqual(Array(2).fill('CT:explicit CT:implicit'));
  });
});

test('a server that ignores keys and counts wrongly is seen through', async () => {
  await using site = await openSite({ ignoreKeys: ['PatientName', 'StudyInstanceUID'], countsOff: 3 });
  const node = await site.server(site.pacs, { quirks: ['ignores-keys', 'wrong-counts'] });
  const studies = [];
  for await (const study of site.gateway.findStudies(node, { patientName: 'Müller' })) studies.push(study);
  expect(studies).toMatchObject([{ patientName: 'Müller^Ann', numberOfInstances: null, numberOfSeries: null }]);
  for await (const study of site.gateway.findStudies(node, { patientName: 'Nobody' })) studies.push(study);
  expect(studies).toHaveLength(1);
  expect(await site.gateway.findSeries(node, '1.2.3')).toEqual([]);
});

test('dcmqrscp gives a compressed image when its transfer syntax is offered alone', async () => {
  await using site = await openSite();
  await using dcmqrscp = await startDcmqrscp({ args: ['+xs'] });
  const node = await site.server(dcmqrscp);
  const image = await outgoing(path.join(import.meta.dirname, '../../../testing/dicom/nm/JPEG-LL.dcm'));
  const proposal = { abstractSyntax: image.sopClassUID, transferSyntaxes: [image.transferSyntaxUID] };
  const session = await site.gateway.open(node, [proposal]);
  expect(await session.store([{ instance: image, relativePath: '' }])).toEqual([{ status: 0 }]);
  await session.close();
  let studyInstanceUid = '';
  for await (const study of site.gateway.findStudies(node, {})) studyInstanceUid = study.studyInstanceUid;
  const get = async (quirks: readonly string[]) => {
    const sink = sinkInto(site.folder);
    const proposals = storageProposals([image.sopClassUID]);
    await site.gateway.get({ ...node, quirks }, { studyInstanceUid }, proposals, sink).catch(() => undefined);
    return sink.stored.map(({ transferSyntaxUID }) => transferSyntaxUID);
  };
  expect(await get([])).toEqual([]);
  expect(await get(['context-by-class'])).toEqual([image.transferSyntaxUID]);
});
