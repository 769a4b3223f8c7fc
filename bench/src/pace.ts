/**
 * How the pace follows what a PACS can do: eight lanes fetch studies from one that chokes above three associations (each
 * instance then waits 400 ms for every association too many) and is well again after a minute. Draws the associations that are allowed
 * and the instances a second, beside those with three and with eight fixed ones.
 *
 *   node bench/src/pace.ts [--seconds 150] [--well-after 75] [--svg docs/images/pace.svg]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { storageProposals, type InstanceSink } from '@viaduct/dicom/dimse';
import { createGateway, waitForSlot } from '@viaduct/pacs';
import { migrate, openDatabase, slotUsage } from '@viaduct/prisma';
import { spawnPacs, startPostgres, temporaryFolder, writeStudy } from '@viaduct/testing';
import { drawPace, type Sample } from './pace/draw.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '150' },
    'well-after': { type: 'string', default: '75' },
    svg: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const wellAfter = Number(values['well-after']);
const LANES = 8;
const INSTANCE_MS = 100;
const LIMIT = 3;
const choking = { delayMs: INSTANCE_MS, slowAbove: { associations: LIMIT, delayMs: 400 } };
const PROPOSALS = storageProposals(['1.2.840.10008.5.1.4.1.1.2']);

await using folder = await temporaryFolder('viaduct-pace-');
await using postgres = await startPostgres();
const connectionString = postgres.connectionString();
await migrate(connectionString);
await using stack = new AsyncDisposableStack();
const database = stack.adopt(openDatabase({ connectionString, poolSize: LANES + 2 }), (open) => open.close());
const dir = path.join(folder.path, 'pacs');
const study = await writeStudy(dir, { label: 'pace', instances: 5 });
await using pacs = await spawnPacs({ dir, aeTitle: 'CHOKING', faults: choking });
const ending = new AbortController();
const settings = {
  ourAeTitle: 'VIADUCT',
  folderRoots: [],
  leaseTtlMs: 20_000,
  tlsFiles: '',
  masterKey: Buffer.alloc(32),
};
const gateway = createGateway({ database, holder: 'bench', ...settings });
const node = await database.client.node.create({
  data: { kind: 'server', name: 'P', aeTitle: pacs.aeTitle, host: pacs.host, port: pacs.port, maxAssociations: LANES },
});

let fetched = 0;
async function lane(index: number): Promise<void> {
  const into = path.join(folder.path, String(index));
  await mkdir(into);
  const sink: InstanceSink = {
    durability: 'written',
    begin: ({ sopInstanceUID }) => ({ path: path.join(into, `${sopInstanceUID}.dcm`) }),
    done: () => ((fetched += 1), 0),
  };
  const { signal } = ending;
  while (!signal.aborted) {
    await using held = await waitForSlot(node.id, { database, holder: 'bench', ttlMs: 20_000, yields: true, signal });
    const either = AbortSignal.any([signal, held.lost]);
    const asked = gateway.get(node, { studyInstanceUid: study.studyInstanceUID }, PROPOSALS, sink, { signal: either });
    await asked.catch((error: unknown) => {
      if (!held.lost.aborted) throw error;
    });
  }
}

/** Keeps the pace where it is for the next seconds. */
async function hold(pace: number): Promise<void> {
  const held = { pace, loweredAt: new Date(), gapMs: null, bestGapMs: null };
  await database.client.pacsPace.upsert({
    where: { nodeId: node.id },
    create: { nodeId: node.id, ...held },
    update: held,
  });
}

/** Instances a second with a fixed number of associations, while it chokes. */
async function fixed(associations: number): Promise<number> {
  await database.client.node.update({ where: { id: node.id }, data: { maxAssociations: associations } });
  let before = fetched;
  for (let second = 0; second < 20; second += 1) {
    if (second === 5) before = fetched;
    await hold(1);
    await delay(1_000);
  }
  return (fetched - before) / 15;
}

const lanes = Array.from({ length: LANES }, (_, index) => lane(index).catch(() => undefined));
const eight = await fixed(LANES);
const three = await fixed(LIMIT);
await database.client.node.update({ where: { id: node.id }, data: { maxAssociations: LANES } });
await database.client.pacsPace.deleteMany();
const samples: Sample[] = [];
for (let second = 1; second <= seconds; second += 1) {
  if (second === wellAfter) await pacs.setFaults({ delayMs: INSTANCE_MS });
  const before = fetched;
  await delay(1_000);
  const [usage] = await slotUsage(database.pool, node.id);
  samples.push({ second, associations: usage?.allowed ?? LANES, rate: fetched - before });
}
ending.abort();
await Promise.all(lanes);

const mean = (from: number, until: number) => {
  const part = samples.filter(({ second }) => second > from && second <= until).map(({ rate }) => rate);
  return part.reduce((sum, rate) => sum + rate, 0) / part.length;
};
const recovered = samples.find(({ second, associations }) => second > wellAfter && associations === LANES)?.second;
console.log(`fixed, while it chokes     ${three.toFixed(0)}/s with ${LIMIT}, ${eight.toFixed(0)}/s with ${LANES}`);
console.log(`adaptive, while it chokes  ${mean(wellAfter / 3, wellAfter).toFixed(0)}/s after the first third`);
console.log(`adaptive, well again       ${mean(seconds - 15, seconds).toFixed(0)}/s at the end`);
console.log(
  `all associations again     ${recovered === undefined ? 'not yet' : `${recovered - wellAfter} s after it is well`}`,
);
if (values.svg) await writeFile(values.svg, drawPace(samples, { wellAfter, three, eight, limit: LIMIT, lanes: LANES }));
