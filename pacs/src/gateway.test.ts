import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { SOP_CLASS, TRANSFER_SYNTAX } from '@viaduct/dicom/dimse';
import { startOrthanc, freePort } from '@viaduct/testing';
import { acquireSlot, slotUsage } from '@viaduct/prisma';
import { expect, test } from 'vitest';
import { openSite, outgoing, sinkInto } from './harness/site.ts';
import type { Site } from './harness/site.ts';
import type { GatewayNode } from './node.ts';
import type { StudyCriteria } from './studies.ts';

async function find(site: Site, node: GatewayNode, criteria: StudyCriteria) {
  const found = [];
  for await (const study of site.gateway.findStudies(node, criteria)) found.push(study);
  return found;
}
const expectedAt = (site: Site) =>
  site.study.instances.map(({ sopInstanceUID, seriesInstanceUID }) => ({
    sopInstanceUid: sopInstanceUID,
    seriesInstanceUid: seriesInstanceUID,
  }));
const uids = (site: Site) => site.study.instances.map((instance) => instance.sopInstanceUID).toSorted();

test('studies, series and instances are found, whatever the modalities asked for', async () => {
  await using site = await openSite();
  const node = await site.server(site.pacs);
  const [study, ...others] = await find(site, node, { patientName: 'Müller, A', modalities: ['MR', 'CT'] });
  expect(others).toEqual([]);
  expect(study).toMatchObject({
    studyInstanceUid: site.study.studyInstanceUID,
    patientName: 'Müller^Ann',
    studyDate: '20250505',
    modalities: ['CT'],
    numberOfSeries: 2,
    numberOfInstances: 6,
  });
  expect(await find(site, node, { modalities: ['MR'] })).toEqual([]);
  const contents = await site.gateway.findContents(node, { studyInstanceUid: site.study.studyInstanceUID });
  expect(contents.instances.map((instance) => instance.sopInstanceUid).toSorted()).toEqual(uids(site));
  expect(contents).toMatchObject({ unnamed: 0, series: [{ seriesNumber: '1', modality: 'CT' }, {}] });
  await expect(site.gateway.findContents(node, { studyInstanceUid: '1.2.3' })).rejects.toMatchObject({
    reason: 'study-unknown',
  });
});

test('what a server accepts is found out by proposing everything to it', async () => {
  await using site = await openSite();
  const { services, storage } = await site.gateway.capabilities(await site.server(site.pacs));
  expect(services).toContain(SOP_CLASS.studyRootGet);
  expect(storage.size).toBeGreaterThan(100);
  expect(storage.get('1.2.840.10008.5.1.4.1.1.2')).toEqual(
    expect.arrayContaining([TRANSFER_SYNTAX.explicitLittleEndian, TRANSFER_SYNTAX.htj2kLossless]),
  );
});

test('a query keeps a slot while it runs, waits for one aloud, and gives it back', async () => {
  await using site = await openSite();
  const node = await site.server(site.pacs, {});
  await site.database.client.node.update({ where: { id: node.id }, data: { maxAssociations: 1 } });
  await acquireSlot(site.database.pool, { nodeId: node.id, holder: 'other', ttlMs: 700 });
  const waits: string[] = [];
  const series = await site.gateway.findSeries(node, site.study.studyInstanceUID, {
    onWait: (used, of) => void waits.push(`${used}/${of}`),
  });
  expect(series).toHaveLength(2);
  expect(waits[0]).toBe('1/1');
  expect(await slotUsage(site.database.pool, node.id)).toMatchObject([{ used: 0 }]);
});

test('a search that is given up ends at the server, and its slot is free', async () => {
  await using site = await openSite({ answerDelayMs: 200 });
  const node = await site.server(site.pacs);
  const stop = new AbortController();
  const searching = site.gateway.findStudies(node, {}, { signal: stop.signal }).next();
  await expect.poll(async () => (await site.pacs.state()).requests.length, { timeout: 10_000 }).toBe(1);
  stop.abort();
  await searching.catch(() => undefined);
  await expect.poll(async () => (await site.pacs.state()).openAssociations, { timeout: 10_000 }).toBe(0);
  expect(await slotUsage(site.database.pool, node.id)).toMatchObject([{ used: 0 }]);
});

test('a suspended node is not asked', async () => {
  await using site = await openSite();
  const node = await site.server(site.pacs, { suspended: true });
  await expect(find(site, node, {})).rejects.toMatchObject({ reason: 'node-suspended' });
  await expect(site.gateway.findSeries(node, '1.2')).rejects.toMatchObject({ reason: 'node-suspended' });
});

test('the whole study, a series, and single instances are retrieved byte for byte', async () => {
  await using site = await openSite();
  const node = await site.server(site.pacs);
  const { studyInstanceUID: studyInstanceUid, instances } = site.study;
  const [first] = instances;
  if (!first) throw new Error('no instance');
  const retrieve = async (name: string, selection: { seriesInstanceUid?: string; sopInstanceUids?: string[] }) => {
    const into = path.join(site.folder, name);
    await mkdir(into);
    const sink = sinkInto(into);
    await site.gateway.get(node, { studyInstanceUid, ...selection }, undefined, sink);
    return sink.stored;
  };
  expect(await retrieve('study', {})).toHaveLength(6);
  expect(await retrieve('series', { seriesInstanceUid: first.seriesInstanceUID })).toHaveLength(3);
  const [one, ...rest] = await retrieve('one', {
    seriesInstanceUid: first.seriesInstanceUID,
    sopInstanceUids: [first.sopInstanceUID],
  });
  expect(rest).toEqual([]);
  const sent = await readFile(first.path);
  expect((await readFile(one?.path ?? '')).subarray(-(one?.bytes ?? 0)).equals(sent.subarray(-(one?.bytes ?? 0)))).toBe(
    true,
  );
  const told = await site.database.client.pacsPace.findUniqueOrThrow({ where: { nodeId: node.id } });
  expect(told.gapMs, 'the time between instances of a series that took less than a second').not.toBeNull();
});

test('what a server lacks is asked for again before it counts as absent', async () => {
  await using site = await openSite();
  const node = await site.server(site.pacs);
  const [known] = expectedAt(site);
  if (!known) throw new Error('no instance');
  const unknown = { ...known, sopInstanceUid: '1.2.3.4' };
  const present = await site.gateway.verify(node, site.study.studyInstanceUID, [known, unknown]);
  expect([...present]).toEqual([known.sopInstanceUid]);
  const { requests } = await site.pacs.state();
  expect(requests.filter((request) => request.level === 'IMAGE')).toHaveLength(4);
});

test('Orthanc takes instances and shows them when asked', async () => {
  await using site = await openSite();
  await using orthanc = await startOrthanc({ aeTitle: 'ORTHANC' });
  const node = await site.server({ aeTitle: 'ORTHANC', port: orthanc.dicomPort });
  const proposals = [{ abstractSyntax: '1.2.840.10008.5.1.4.1.1.2', transferSyntaxes: ['1.2.840.10008.1.2.1'] }];
  const session = await site.gateway.open(node, proposals);
  expect(session.accepts('1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1')).toBe(true);
  for (const { path: file } of site.study.instances) {
    expect(await session.store([{ instance: await outgoing(file), relativePath: '' }])).toEqual([{ status: 0 }]);
  }
  await session.close();
  expect((await orthanc.instances()).toSorted()).toEqual(uids(site));
  const present = await site.gateway.verify(node, site.study.studyInstanceUID, expectedAt(site));
  expect([...present].toSorted()).toEqual(uids(site));
  const { ok, faces } = await site.gateway.test(node);
  expect([ok, faces[0]?.steps.map(({ step }) => step)]).toEqual([true, ['resolve', 'connect', 'associate', 'echo']]);
});

test.each([
  ['called', 'called-ae-rejected', 'associate'],
  ['calling', 'calling-ae-rejected', 'associate'],
] as const)('a rejected %s AE title is named', async (refuseAssociation, cause, step) => {
  await using site = await openSite({ refuseAssociation });
  const node = await site.server(site.pacs);
  const [result] = (await site.gateway.test(node)).faces;
  expect(result).toMatchObject({ ok: false, cause, facts: { calledAETitle: 'SOURCE', callingAETitle: 'VIADUCT' } });
  expect(result?.steps.at(-1)).toMatchObject({ step, ok: false });
});

test.each(['association', 'requests'] as const)(
  'a server silent to %s is found out within its time-out',
  async (silent) => {
    await using site = await openSite({ silent });
    const node = await site.server(site.pacs, { associationTimeoutMs: 500, responseTimeoutMs: 600 });
    const [result] = (await site.gateway.test(node)).faces;
    expect(result).toMatchObject({ ok: false, cause: 'silent-peer' });
    expect(result?.steps.at(-1)).toMatchObject({ step: silent === 'association' ? 'associate' : 'echo' });
  },
);

test('a closed port is named with its address', async () => {
  await using site = await openSite();
  const port = await freePort();
  const node = await site.server({ aeTitle: 'NONE', port });
  const [result] = (await site.gateway.test(node)).faces;
  expect(result).toMatchObject({ ok: false, cause: 'connection-refused', facts: { host: '127.0.0.1', port } });
  expect(result?.steps.map(({ step }) => step)).toEqual(['resolve', 'connect']);
  await expect(find(site, node, {})).rejects.toMatchObject({ reason: 'connection-refused', facts: { port } });
});

test('an unknown host name is named', async () => {
  await using site = await openSite();
  const node = { ...(await site.server(site.pacs)), host: 'no-such-host.invalid' };
  expect((await site.gateway.test(node)).faces[0]).toMatchObject({
    cause: 'host-unknown',
    facts: { host: 'no-such-host.invalid' },
    steps: [{ step: 'resolve', ok: false }],
  });
});

test('a test stays inside the limit of its node', async () => {
  await using site = await openSite();
  const node = await site.server(site.pacs);
  for (const holder of ['a', 'b']) {
    await acquireSlot(site.database.pool, { nodeId: node.id, holder, ttlMs: 60_000 });
  }
  expect(await site.gateway.test(node)).toMatchObject({ ok: false, busy: { used: 2, of: 2 } });
  expect((await site.pacs.state()).peakAssociations).toBe(0);
});
