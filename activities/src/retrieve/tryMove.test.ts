import { readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { readSettings } from '@viaduct/configuration';
import { createGateway } from '@viaduct/pacs';
import { openDatabase } from '@viaduct/prisma';
import {
  metered,
  type Metered,
  startPacs,
  startStorescp,
  temporaryFolder,
  testDatabase,
  writeStudy,
  type Pacs,
} from '@viaduct/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Callers } from '../receiver/callers.ts';
import { Receiver } from '../receiver/receiver.ts';
import { ArrivalRegistry } from '../receiver/registry.ts';
import { SpoolFolders } from '../spool/index.ts';
import { tryMove, type TrialDependencies } from './tryMove.ts';

const never = new AbortController().signal;
const resources = new AsyncDisposableStack();
let callers: Callers;
let meter: Metered;
let pacs: Pacs;
let receiver: Receiver;
let nodeId: string;
let dependencies: TrialDependencies;
beforeAll(async () => {
  const home = resources.use(await temporaryFolder('viaduct-trial-')).path;
  await writeStudy(path.join(home, 'pacs'), { label: 'large', instances: 30 });
  await writeStudy(path.join(home, 'pacs'), { label: 'small', instances: 7, series: 2 });
  pacs = resources.use(await startPacs({ dir: path.join(home, 'pacs'), aeTitle: 'PACS_A' }));
  const database = resources.use(openDatabase(resources.use(await testDatabase())));
  const settings = readSettings({ VIADUCT_HOME: home, VIADUCT_RECEIVER_AE_TITLE: 'VIADUCT_RX' });
  meter = metered(database);
  const gateway = createGateway({
    database: meter.database,
    ourAeTitle: 'VIADUCT',
    folderRoots: [],
    holder: 'one',
    leaseTtlMs: 5_000,
    tlsFiles: '',
    masterKey: Buffer.alloc(32),
  });
  callers = new Callers(gateway);
  const arrivals = new ArrivalRegistry();
  receiver = resources.use(
    await Receiver.start({
      aeTitle: 'VIADUCT_RX',
      host: '127.0.0.1',
      port: 0,
      arrivals,
      knows: callers.knows,
      throttleOf: callers.throttleOf,
      admits: () => true,
      log: pino({ enabled: false }),
      onLost: () => undefined,
    }),
  );
  const folders = new SpoolFolders(path.join(home, 'spool'));
  dependencies = { database, settings, hostId: 'one', folders, gateway, arrivals, tally: receiver.tally };
  const { id } = await database.client.node.create({
    data: {
      kind: 'server',
      name: 'PACS A',
      aeTitle: 'PACS_A',
      host: '127.0.0.1',
      port: pacs.port,
      retrieveMethod: 'c-move',
      requestsPerMinute: 1_000,
    },
  });
  nodeId = id;
  calledBy('PACS_A');
});
afterAll(() => resources.disposeAsync());

const calledBy = (aeTitle: string, megabytesPerSecond: number | null = null) =>
  callers.follow([{ id: nodeId, aeTitle, megabytesPerSecond }]);
const sendsTo = (port: number) => pacs.setDestinations({ VIADUCT_RX: { host: '127.0.0.1', port } });

test('the smallest series arrives, is counted as a request, and nothing of it is kept', async () => {
  await sendsTo(receiver.port);
  await pacs.reset();
  expect(await tryMove(dependencies, nodeId, never)).toMatchObject({ kind: 'arrived', asked: 3, arrived: 3 });
  const { requests, delivered, peakAssociations } = await pacs.state();
  expect(requests.filter(({ operation }) => operation === 'move')).toMatchObject([{ level: 'SERIES' }]);
  expect(Object.keys(delivered)).toHaveLength(3);
  expect(peakAssociations).toBe(1);
  const { requests: counted } = await dependencies.database.client.pacsRate.findUniqueOrThrow({ where: { nodeId } });
  expect(Number(counted)).toBe(requests.length);
  expect(await readdir(dependencies.folders.trials)).toEqual([]);
  expect(dependencies.arrivals.expectsFrom('PACS_A')).toBe(false);
});

test('what a server sends to the receiver is taken out of its limit of bytes in a second', async () => {
  await sendsTo(receiver.port);
  const received = () => receiver.tally.calls.callers.find(({ aeTitle }) => aeTitle === 'PACS_A')?.bytes ?? 0;
  const before = received();
  expect(meter.asked(nodeId)).toBe(0);
  calledBy('PACS_A', 0.2);
  expect(await tryMove(dependencies, nodeId, never)).toMatchObject({ kind: 'arrived', arrived: 3 });
  expect(received()).toBeGreaterThan(before);
  expect(meter.asked(nodeId)).toBeGreaterThanOrEqual(received() - before);
});

test('of a server that does not know our AE title that is said', async () => {
  await pacs.setDestinations({});
  expect(await tryMove(dependencies, nodeId, never)).toMatchObject({
    kind: 'failed',
    cause: 'move-destination-unknown',
    facts: { receiverAETitle: 'VIADUCT_RX' },
  });
});

test('of a server that says no more than that it failed, as Orthanc does, both are said that may be the reason', async () => {
  await pacs.setFaults({ refuseStatus: { move: 0xc000 } });
  const unsaid = { cause: 'move-not-delivered', facts: { receiverAETitle: 'VIADUCT_RX' } };
  expect(await tryMove(dependencies, nodeId, never)).toEqual({ kind: 'failed', ...unsaid });
  await pacs.setFaults({});
});

test('of a disk that is full the server is not blamed', async () => {
  await using home = await temporaryFolder('viaduct-full-');
  await sendsTo(receiver.port);
  const { arrivals } = dependencies;
  const begin = arrivals.begin.bind(arrivals);
  const full = path.join(home.path, 'full');
  arrivals.begin = async (instance) => {
    await symlink('/dev/full', full).catch(() => undefined);
    return { ...(await begin(instance)), spare: full };
  };
  const { cause } = { cause: '', ...(await tryMove(dependencies, nodeId, never)) };
  arrivals.begin = begin;
  expect(cause).toBe('spool-full');
});

test('a port where nobody listens, another receiver and a sender nobody knows are told apart', async () => {
  await sendsTo(1);
  const unreached = { cause: 'move-not-delivered', facts: { failed: 3, receiverAETitle: 'VIADUCT_RX' } };
  expect(await tryMove(dependencies, nodeId, never)).toEqual({ kind: 'failed', ...unreached });

  calledBy('PACS_B');
  await sendsTo(receiver.port);
  const refusal = { refusal: 'caller-unknown', refusedAETitle: 'PACS_A', refusedAddress: '127.0.0.1' };
  expect(await tryMove(dependencies, nodeId, never)).toMatchObject({ cause: 'move-not-delivered', facts: refusal });

  await using elsewhere = await startStorescp();
  await sendsTo(elsewhere.port);
  expect(await tryMove(dependencies, nodeId, never)).toMatchObject({
    cause: 'move-arrived-nothing',
    facts: { completed: 3 },
  });
});
