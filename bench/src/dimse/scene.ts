import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { accepts, findProgram, freePort, startOrthanc, startService } from '@viaduct/testing';
import type { Orthanc } from '@viaduct/testing';
import { writeBenchData } from './data.ts';
import type { BenchData } from './data.ts';
import { startMeasuredProduct } from './product.ts';
import type { MeasuredProduct } from './product.ts';
import { forgetPeak, peakMemory, processorTime, runTool } from './usage.ts';
import type { Cost } from './usage.ts';
import { Worker } from './workerProcess.ts';

/** A storescp that is measured: one process, writing data sets as they come. */
export interface MeasuredStorescp {
  readonly pid: number;
  readonly port: number;
  readonly folder: string;
}

/** Everything the rows need: data, peers, and the process that is measured. */
export interface Scene {
  readonly data: BenchData;
  readonly orthanc: Orthanc;
  readonly storescp: MeasuredStorescp;
  /** Sends, gets, moves and finds. */
  readonly worker: Worker;
  /** Receives. */
  readonly receiver: Worker;
  readonly receiverPort: number;
  /** Sends and receives with dcmjs-dimse. */
  readonly dcmjs: Worker;
  readonly dcmjsPort: number;
  /** The product, started when it is asked for the first time. */
  product(): Promise<MeasuredProduct>;
  /** An empty folder that is emptied again each time it is asked for. */
  emptyFolder(name: string): Promise<string>;
  /** Starts the processes that are measured anew: a row shows the memory of its own work. */
  beginRow(): Promise<void>;
}

/** Sets the scene up below a folder; what it starts is added to the stack. */
export async function setUp(folder: string, scale: number, stack: AsyncDisposableStack): Promise<Scene> {
  const data = await writeBenchData(path.join(folder, 'data'), scale);
  const emptyFolder = async (name: string) => {
    const empty = path.join(folder, name);
    await rm(empty, { recursive: true, force: true });
    await mkdir(empty, { recursive: true });
    return empty;
  };
  const storescp = await startMeasuredStorescp(await emptyFolder('storescp'), stack);
  const receiverPort = await freePort();
  const orthanc = stack.use(
    await startOrthanc({
      peers: [
        { aeTitle: 'STORESCP', port: storescp.port },
        { aeTitle: 'VIADUCT', port: receiverPort },
      ],
    }),
  );
  for (const files of [data.ct.folder, data.big.folder, data.manyStudies]) {
    await runTool('dcmsend', ['-aec', 'ORTHANC', '127.0.0.1', String(orthanc.dicomPort), '+sd', '+r', files]);
  }
  let product: Promise<MeasuredProduct> | undefined;
  const engines = stack.use(new Engines());
  return {
    data,
    orthanc,
    storescp,
    get worker() {
      return engines.worker;
    },
    get receiver() {
      return engines.receiver;
    },
    receiverPort,
    get dcmjs() {
      return engines.dcmjs;
    },
    dcmjsPort: await freePort(),
    product: () => (product ??= startMeasuredProduct(orthanc, stack)),
    emptyFolder,
    beginRow: () => engines.renew(),
  };
}

/** The processes that are measured. */
class Engines implements AsyncDisposable {
  worker = new Worker('worker.ts');
  receiver = new Worker('worker.ts');
  dcmjs = new Worker('dcmjsWorker.ts');

  async renew(): Promise<void> {
    await this[Symbol.asyncDispose]();
    this.worker = new Worker('worker.ts');
    this.receiver = new Worker('worker.ts');
    this.dcmjs = new Worker('dcmjsWorker.ts');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const engine of [this.worker, this.receiver, this.dcmjs]) await engine[Symbol.asyncDispose]();
  }
}

async function startMeasuredStorescp(folder: string, stack: AsyncDisposableStack): Promise<MeasuredStorescp> {
  const port = await freePort();
  const args = ['--aetitle', 'STORESCP', '-od', folder, '+xa', '+B', String(port)];
  const command = await findProgram('storescp');
  const { pid } = stack.use(await startService({ command, args, ready: () => accepts(port) }));
  return { pid, port, folder };
}

/** The cost of a server while something else makes it work; wall time is that of the work. */
export async function costOfServer(pid: number, work: () => Promise<Pick<Cost, 'seconds'>>): Promise<Cost> {
  forgetPeak(pid);
  const before = processorTime(pid);
  const { seconds } = await work();
  return { seconds, cpu: processorTime(pid) - before, peakMb: peakMemory(pid) ?? 0 };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
