/** One process that asks a node without a pause, alternately for its series and for a study, until it is ended. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { storageProposals } from '@viaduct/dicom/dimse';
import { createGateway, waitForSlot } from '@viaduct/pacs';
import { openDatabase } from '@viaduct/prisma';

const { connectionString, nodeId, studyInstanceUid, folder } = JSON.parse(process.argv[2] ?? '{}') as Record<
  'connectionString' | 'nodeId' | 'studyInstanceUid' | 'folder',
  string
>;
await mkdir(folder, { recursive: true });
const database = openDatabase({ connectionString, poolSize: 2 });
const holder = `bench-${process.pid}`;
const leaseTtlMs = 20_000;
const gateway = createGateway({
  database,
  ourAeTitle: 'VIADUCT',
  folderRoots: [folder],
  holder,
  leaseTtlMs,
  tlsFiles: folder,
  masterKey: Buffer.alloc(32),
});
const node = await database.client.node.findUniqueOrThrow({ where: { id: nodeId } });
const proposals = storageProposals(['1.2.840.10008.5.1.4.1.1.2']);
const sink = {
  durability: 'written',
  begin: ({ sopInstanceUID }: { sopInstanceUID: string }) => ({ path: path.join(folder, `${sopInstanceUID}.dcm`) }),
  done: () => 0,
} as const;
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());
process.send?.('ready');
const { signal } = ending;
try {
  while (!signal.aborted) {
    await gateway.findSeries(node, studyInstanceUid, { signal });
    await using held = await waitForSlot(nodeId, { database, holder, ttlMs: leaseTtlMs, signal });
    await gateway.get(node, { studyInstanceUid }, proposals, sink, { signal: AbortSignal.any([signal, held.lost]) });
  }
} catch (error) {
  if (!signal.aborted) throw error;
} finally {
  process.disconnect();
  await database.close();
}
