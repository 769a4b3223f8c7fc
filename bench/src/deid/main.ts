/**
 * De-identification beside `cp` and dcmjs over the same files in one run: the header beside untouched bulk bytes (the form of the spool),
 * the copy written out, one large object. Prints medians and ratios. Where the Python of `VIADUCT_BENCH_PYTHON` (default `python3`) has
 * dicognito, that is a peer, too.
 *
 *   node bench/src/deid/main.ts [--rounds 5] [--instances 500]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { temporaryFolder, writeStudy } from '@viaduct/testing';
import type { Task } from './work.ts';
import { work } from './work.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, instances: { type: 'string', default: '500' } },
});
const rounds = Number(values.rounds);
/** Frames of 0.5 MB in the large object: 315 MB. */
const FRAMES = 600;

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

async function seconds(run: () => Promise<unknown> | void): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

/** A worker thread that does tasks, so that loading is not measured. */
class Thread implements AsyncDisposable {
  readonly #worker = new Worker(new URL('./thread.ts', import.meta.url));

  do(task: Task): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#worker.removeAllListeners();
    this.#worker.once('message', () => resolve());
    this.#worker.once('error', reject);
    this.#worker.postMessage(task);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

await using folder = await temporaryFolder('viaduct-bench-deid-');
const study = await writeStudy(folder.path, {
  label: 'ct',
  instances: Number(values.instances),
  bytesPerInstance: 524_288,
});
const files = study.instances.map((instance) => instance.path);
const attributes = { Rows: 512, Columns: 512, NumberOfFrames: String(FRAMES) };
const large = await writeStudy(folder.path, { label: 'large', bytesPerInstance: FRAMES * 524_288, attributes });
const [largeFile = ''] = large.instances.map((instance) => instance.path);
const out = path.join(folder.path, 'out');

await using first = new Thread();
await using second = new Thread();
const half = files.length >> 1;
const inTwo = (kind: Task['kind']): Promise<unknown> =>
  Promise.all([
    first.do({ kind, files: files.slice(0, half), out }),
    second.do({ kind, files: files.slice(half), out }),
  ]);
const copy = (from: readonly string[]) => (): void => {
  execFileSync('sh', ['-c', 'mkdir -p "$0" && cp "$@" "$0"', out, ...from]);
};

const python = process.env['VIADUCT_BENCH_PYTHON'] ?? 'python3';
const hasDicognito = spawnSync(python, ['-c', 'import dicognito'], { stdio: 'ignore' }).status === 0;
const dicognito = (): void => {
  const args = ['-m', 'dicognito', '--quiet', '--output-directory', out, ...files];
  execFileSync(python, args, { stdio: 'ignore' });
};

interface Row {
  readonly name: string;
  readonly ours: () => Promise<unknown>;
  readonly peer: string;
  readonly theirs: () => Promise<unknown> | void;
  readonly instances: number;
}
const rows: readonly Row[] = [
  {
    name: 'written out, two threads',
    ours: () => inTwo('write'),
    peer: 'cp',
    theirs: copy(files),
    instances: files.length,
  },
  {
    name: 'one object of 315 MB',
    ours: () => work({ kind: 'write', files: [largeFile], out }),
    peer: 'cp',
    theirs: copy([largeFile]),
    instances: 1,
  },
  {
    name: 'header, two threads',
    ours: () => inTwo('header'),
    peer: 'dcmjs read, change, write, two threads',
    theirs: () => inTwo('dcmjs'),
    instances: files.length,
  },
  {
    name: 'written out, one thread',
    ours: () => first.do({ kind: 'write', files, out }),
    peer: 'dicognito',
    theirs: dicognito,
    instances: files.length,
  },
];

console.log('                            ours s   peer s   ratio   instances/s');
for (const { name, ours, peer, theirs, instances } of rows.filter((row) => row.peer !== 'dicognito' || hasDicognito)) {
  const pairs: { ours: number; theirs: number }[] = [];
  // The first pair warms caches and compilers up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    pairs.push({ theirs: await seconds(theirs), ours: await seconds(ours) });
  }
  const counted = pairs.slice(1);
  const own = median(counted.map((pair) => pair.ours));
  const other = median(counted.map((pair) => pair.theirs));
  const ratio = median(counted.map((pair) => pair.ours / pair.theirs));
  const numbers = [own, other].map((each) => each.toFixed(3).padStart(9)).join('');
  console.log(
    `${name.padEnd(26)}${numbers}${ratio.toFixed(2).padStart(8)}${(instances / own).toFixed(0).padStart(12)}   ${peer}`,
  );
}
const resident = fileURLToPath(new URL('./resident.ts', import.meta.url));
// As the processes of the product, for which `npm start` has Node keep what it compiles: the first run is for those that follow.
const env = { ...process.env, NODE_COMPILE_CACHE: path.join(folder.path, 'compiled') };
const megabytes = (): string =>
  execFileSync(process.execPath, [resident, largeFile, out], { encoding: 'utf8', env }).trim();
const atFirst = megabytes();
console.log(
  `one object of 315 MB in a process of its own: ${megabytes()} MB resident at most, ${atFirst} MB where nothing is compiled yet`,
);
