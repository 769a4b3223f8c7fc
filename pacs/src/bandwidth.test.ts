import { openDatabase } from '@viaduct/prisma';
import { metered, startOrthanc, startStorescp } from '@viaduct/testing';
import { expect, test } from 'vitest';
import { createGateway } from './gateway.ts';
import { MASTER_KEY, openSite, outgoing, sinkInto } from './harness/site.ts';

const MEGABYTES_PER_SECOND = 0.2;
const CT = { abstractSyntax: '1.2.840.10008.5.1.4.1.1.2', transferSyntaxes: ['1.2.840.10008.1.2.1'] };

test('what comes from a node and what goes to it keeps to its limit in all processes together', async () => {
  await using site = await openSite();
  const node = await site.server(site.pacs, { megabytesPerSecond: MEGABYTES_PER_SECOND });
  await using second = openDatabase({ connectionString: site.connectionString, poolSize: 1 });
  const other = createGateway({
    database: second,
    ourAeTitle: 'VIADUCT',
    folderRoots: [],
    holder: 'other',
    leaseTtlMs: 20_000,
    tlsFiles: '',
    masterKey: Buffer.alloc(32),
  });
  await using storescp = await startStorescp();
  const sink = sinkInto(site.folder);
  const begun = performance.now();
  const store = async () => {
    // The address of another server: what counts is the node that the bytes are for.
    const session = await other.open({ ...node, ...storescp }, [CT]);
    for (const { path } of site.study.instances)
      await session.store([{ instance: await outgoing(path), relativePath: '' }]);
    await session.close();
  };
  await Promise.all([
    site.gateway.get(node, { studyInstanceUid: site.study.studyInstanceUID }, undefined, sink),
    store(),
  ]);
  const seconds = (performance.now() - begun) / 1_000;
  const bytes = sink.stored.reduce((sum, each) => sum + each.bytes, 0);
  expect(await storescp.files()).toHaveLength(6);
  expect((2 * bytes) / 1_000_000 / seconds).toBeLessThan(2 * MEGABYTES_PER_SECOND);
});

test('what goes by STOW-RS and comes by WADO-RS is taken out of the limit as well', async () => {
  await using site = await openSite();
  await using orthanc = await startOrthanc({ dicomWeb: true });
  const { database, asked } = metered(site.database);
  const gateway = createGateway({
    database,
    ourAeTitle: 'VIADUCT',
    folderRoots: [],
    holder: 'metered',
    leaseTtlMs: 20_000,
    tlsFiles: '',
    masterKey: MASTER_KEY,
  });
  const web = { host: null, webUrl: `${orthanc.url}/dicom-web`, megabytesPerSecond: MEGABYTES_PER_SECOND };
  const node = await site.server({ aeTitle: null, port: null }, web);
  const items = await Promise.all(
    site.study.instances.map(async ({ path }) => ({ instance: await outgoing(path), relativePath: '' })),
  );
  const session = await gateway.open(node, [CT]);
  await session.store(items);
  await session.close();
  const sent = asked(node.id);
  const sink = sinkInto(site.folder);
  await gateway.get(node, { studyInstanceUid: site.study.studyInstanceUID }, undefined, sink);
  const bytes = sink.stored.reduce((sum, each) => sum + each.bytes, 0);
  expect(bytes).toBeGreaterThan(0);
  expect(sent).toBeGreaterThanOrEqual(bytes);
  expect(asked(node.id) - sent).toBeGreaterThanOrEqual(bytes);
});
