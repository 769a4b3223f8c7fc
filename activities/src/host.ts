import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { readTemporalTls, type Settings } from '@viaduct/configuration';
import { createGateway } from '@viaduct/pacs';
import { type Database, hostSeen, isUnavailable, listen, loadKey, openDatabase, releaseHolder } from '@viaduct/prisma';
import { dataConverter } from '@viaduct/workflows/codec';
import { PAYLOAD_KEY_ID } from '@viaduct/workflows/contract';
import type { Logger } from 'pino';
import { createActivities } from './activities.ts';
import type { Dependencies } from './dependencies.ts';
import { OpenParts } from './part/openParts.ts';
import { PseudonymizerThreads } from './pseudonymize/threads.ts';
import { addressFilter } from './receiver/addresses.ts';
import { Callers } from './receiver/callers.ts';
import { Receiver } from './receiver/receiver.ts';
import { readReceiverTls } from './receiver/tls.ts';
import { ArrivalRegistry } from './receiver/registry.ts';
import { neededTasks } from './record/tasks.ts';
import { freeBytes, holdSpool, SpareFiles, SpoolFolders, SpoolSpace, sweepSpool } from './spool/index.ts';
import { WorkerFleet } from './worker/fleet.ts';
import { plansFor } from './worker/plans.ts';
import { connectTemporal, workerStarter } from './worker/workers.ts';

const POOL_SIZE = 20;
const SEEN_EVERY_MS = 3_000;
const SWEEP_EVERY_MS = 30_000;
const MEGABYTE = 1024 * 1024;

export interface HostOptions {
  readonly settings: Settings;
  readonly log: Logger;
  /** Ends the waiting for database and Temporal at the start. */
  readonly signal: AbortSignal;
  /** Called when this host cannot go on. */
  readonly onLost: (reason: string) => void;
}

/** A machine that transfers: its receiver and its workers, until it is disposed of. */
export interface Host extends AsyncDisposable {
  readonly hostId: string;
  readonly receiverPort: number;
}

/** Starts everything a worker host has, in an order in which nothing takes work before it can do it. */
export async function startHost({ settings, log, signal, onLost }: HostOptions): Promise<Host> {
  await using starting = new AsyncDisposableStack();
  const { hostId } = starting.use(await holdSpool(settings.spool, settings.VIADUCT_HOST_NAME));
  const database = starting.use(openDatabase({ connectionString: settings.DATABASE_URL, poolSize: POOL_SIZE }));
  const [masterKey, payloadKey] = await Promise.all(
    ['master', 'payload'].map((name) => loadKey(settings.secrets, name)),
  );
  if (!masterKey || !payloadKey) throw new Error('no keys');
  const freed = await whenAvailable(() => releaseHolder(database.pool, hostId), log, signal);
  if (freed > 0) log.info({ hostId, freed }, 'slots of an earlier life of this host are free again');

  const arrivals = new ArrivalRegistry();
  const gateway = createGateway({
    database,
    ourAeTitle: settings.VIADUCT_AE_TITLE,
    folderRoots: settings.folderRoots,
    holder: hostId,
    leaseTtlMs: settings.VIADUCT_LEASE_TTL_MS,
    tlsFiles: settings.tlsFiles,
    masterKey,
  });
  const callers = new Callers(gateway);
  const receiver = starting.use(
    await Receiver.start({
      aeTitle: settings.VIADUCT_RECEIVER_AE_TITLE,
      host: settings.VIADUCT_RECEIVER_HOST,
      port: settings.VIADUCT_RECEIVER_PORT,
      arrivals,
      knows: callers.knows,
      throttleOf: callers.throttleOf,
      admits: addressFilter(settings.receiverPeers),
      tls: await readReceiverTls(settings),
      log,
      onLost: () => onLost('the receiver cannot be brought back'),
    }),
  );
  const folders = new SpoolFolders(settings.spool);
  await rm(folders.trials, { recursive: true, force: true }); // of an earlier life
  const dependencies: Dependencies = {
    database,
    settings,
    hostId,
    folders,
    spares: starting.use(await SpareFiles.open(folders.spares)),
    space: new SpoolSpace(settings.spool, settings.VIADUCT_SPOOL_RESERVE_MB * MEGABYTE),
    parts: new OpenParts(database, folders, hostId),
    gateway,
    arrivals,
    tally: receiver.tally,
    threads: starting.use(new PseudonymizerThreads()),
    masterKey,
    log,
  };
  await tellAlive(dependencies, receiver);
  starting.use(every(SEEN_EVERY_MS, () => tellAlive(dependencies, receiver)));
  await sweep(dependencies);
  starting.use(every(SWEEP_EVERY_MS, () => sweep(dependencies)));

  const connection = await connectTemporal(
    { address: settings.TEMPORAL_ADDRESS, tls: readTemporalTls(settings) },
    log,
    signal,
  );
  starting.defer(() => connection.close());
  const fleet = new WorkerFleet(
    workerStarter({
      connection,
      namespace: settings.TEMPORAL_NAMESPACE,
      hostId,
      activities: createActivities(dependencies),
      dataConverter: dataConverter([{ id: PAYLOAD_KEY_ID, key: payloadKey }]),
    }),
    log,
  );
  starting.defer(() => fleet.stop());
  const follow = () => followNodes(database, hostId, fleet, callers);
  await follow();
  starting.use(
    listen({
      connectionString: settings.DATABASE_URL,
      channels: ['viaduct_node'],
      onNotify: () => void follow().catch(() => undefined),
      onState: (state) => void (state === 'up' && follow().catch(() => undefined)),
    }),
  );
  const running = starting.move();
  log.info({ hostId, receiverPort: receiver.port }, 'the worker is ready');
  return { hostId, receiverPort: receiver.port, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

async function whenAvailable<T>(work: () => Promise<T>, log: Logger, signal: AbortSignal): Promise<T> {
  for (let told = false; ; told = true) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (!told) log.warn('the database does not answer yet');
    }
    await delay(1_000, undefined, { signal });
  }
}

/** The row of this host: planners take hosts that are silent for half a minute as lost. */
async function tellAlive({ database, settings, hostId }: Dependencies, receiver: Receiver): Promise<void> {
  await hostSeen(database.pool, {
    id: hostId,
    receiverAeTitle: settings.VIADUCT_RECEIVER_AE_TITLE,
    receiverHost: settings.VIADUCT_RECEIVER_HOST,
    receiverPort: receiver.port,
    receiverUp: receiver.isUp,
    spoolFreeBytes: await freeBytes(settings.spool),
    receiverCalls: receiver.tally.calls,
  });
}

/** Removes what is left in the spool of tasks that have ended. */
async function sweep(dependencies: Dependencies): Promise<void> {
  const { database, parts, log } = dependencies;
  const removed = await sweepSpool(dependencies, async (tasks) => [
    ...(await neededTasks(database, tasks)),
    // Looked at last: the files of one that was begun again meanwhile must not be emptied under its readers.
    ...tasks.filter((task) => parts.isBusy(task)),
  ]);
  if (removed > 0) log.info({ removed }, 'spool folders of ended tasks are removed');
}

async function followNodes({ client }: Database, hostId: string, fleet: WorkerFleet, callers: Callers): Promise<void> {
  const nodes = await client.node.findMany({
    select: { id: true, kind: true, maySource: true, maxAssociations: true, aeTitle: true, megabytesPerSecond: true },
  });
  callers.follow(nodes);
  fleet.apply(plansFor(hostId, nodes));
}

/** Repeats something until it is disposed of; a failure is left to the next time. */
function every(ms: number, work: () => Promise<void>): AsyncDisposable {
  const ending = new AbortController();
  const running = (async () => {
    while (!ending.signal.aborted) {
      await delay(ms, undefined, { signal: ending.signal }).catch(() => undefined);
      if (!ending.signal.aborted) await work().catch(() => undefined);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
    },
  };
}
