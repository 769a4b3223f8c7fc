import path from 'node:path';
import { storageProposals } from '@viaduct/dicom/dimse';
import { PacsError, waitForSlot, type Gateway, type GatewayNode } from '@viaduct/pacs';
import type { Database } from '@viaduct/prisma';
import type { Sample, SampleStudy } from './pacsPort.ts';

/** Out of the range of warnings and successes (PS3.4 §B.2.3): what was not asked for is not taken. */
const NOT_WANTED = 0xc000;

/** What is needed to fetch one image. */
export interface Sampling {
  readonly gateway: Gateway;
  readonly database: Database;
  readonly holder: string;
  readonly leaseTtlMs: number;
}

/**
 * Fetches one image of a series, from its middle, into a folder (C-GET or WADO-RS).
 * @throws PacsError `study-unknown`, `instance-withheld`; what the node says
 */
export async function fetchSample(
  { gateway, database, holder, leaseTtlMs }: Sampling,
  node: GatewayNode,
  { studyInstanceUid, seriesInstanceUid }: SampleStudy,
  folder: string,
  signal: AbortSignal,
): Promise<Sample> {
  const { study, series, instances } = await gateway.findContents(node, { studyInstanceUid }, { signal });
  const chosen = series.find((each) => each.seriesInstanceUid === seriesInstanceUid) ?? series[0];
  const named = instances.filter((each) => each.seriesInstanceUid === chosen?.seriesInstanceUid);
  const instance = named[named.length >> 1];
  if (!chosen || !instance) throw new PacsError('instance-withheld');
  const file = path.join(folder, 'sample.dcm');
  let isHere = false;
  await using slot = await waitForSlot(node.id, { database, holder, ttlMs: leaseTtlMs, signal });
  await gateway.get(
    node,
    { studyInstanceUid, seriesInstanceUid: chosen.seriesInstanceUid, sopInstanceUids: [instance.sopInstanceUid] },
    instance.sopClassUid ? storageProposals([instance.sopClassUid]) : undefined,
    {
      durability: 'written',
      begin: ({ sopInstanceUID }) =>
        sopInstanceUID === instance.sopInstanceUid && !isHere ? { path: file } : { refuse: NOT_WANTED },
      done: () => {
        isHere = true;
        return 0;
      },
    },
    { signal: AbortSignal.any([signal, slot.lost]) },
  );
  if (!isHere) throw new PacsError('instance-withheld');
  return {
    file,
    patientId: study.patientId,
    series: series.map((each) => ({ ...each })),
    chosen: chosen.seriesInstanceUid,
  };
}
