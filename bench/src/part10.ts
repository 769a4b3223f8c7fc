/**
 * Rewriting headers: 500 CT of 0.5 MB and one object of 315 MB, edited by Viaduct beside a plain copy and dcmjs, each in a process of its
 * own and in turn in one run. Prints wall time, instances per second of processor time, peak memory and ratios (median of the rounds).
 *
 *   node bench/src/part10.ts [--rounds 5] [--scale 1] [--json FILE]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { temporaryFolder, writeStudy } from '@viaduct/testing';
import { forgetPeak, peakMemory, processorTime } from './dimse/usage.ts';
import type { Order, Report } from './part10/worker.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const scale = Number(values.scale);
/** dcmjs needs eight times the object: one round of it says enough. */
const ROUNDS_OF_DCMJS_WITH_LARGE = 1;

interface Figures {
  readonly name: string;
  readonly seconds: number;
  /** Instances per second of processor time, of which a busy machine takes nothing away. */
  readonly ratePerCore: number;
  /** Peak of resident memory above what the process had before, in MB. */
  readonly extraMb: number;
  /** Wall time as a multiple of that of a plain copy. */
  readonly ratioToCopy: number;
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? NaN;

interface Measured {
  readonly seconds: number;
  readonly cpu: number;
  readonly extraMb: number;
}

/** One order in a fresh process that has done the same once before. */
async function measure(order: Order, times: number): Promise<Measured[]> {
  const child = fork(new URL('part10/worker.ts', import.meta.url), { execArgv: process.execArgv });
  const carryOut = async (given: Order): Promise<Measured> => {
    const pid = child.pid ?? 0;
    forgetPeak(pid);
    const before = processorTime(pid);
    child.send(given);
    const [report] = (await once(child, 'message')) as [Report];
    if (report.error !== undefined) throw new Error(`${order.kind}: ${report.error}`);
    const cpu = processorTime(pid) - before;
    return { seconds: report.seconds, cpu, extraMb: (peakMemory(pid) ?? NaN) - report.beforeMb };
  };
  await carryOut({ ...order, files: order.files.slice(0, 200) });
  const measured = [];
  for (let round = 0; round < times; round += 1) measured.push(await carryOut(order));
  child.disconnect();
  await once(child, 'exit');
  return measured;
}

async function compare(title: string, files: readonly string[], out: string, timesOfDcmjs: number): Promise<Figures[]> {
  const kinds: readonly Order['kind'][] = ['copy', 'viaduct, header only', 'viaduct', 'dcmjs'];
  const figures: Figures[] = [];
  let copy = NaN;
  for (const kind of kinds) {
    const measured = await measure({ kind, files, out }, kind === 'dcmjs' ? timesOfDcmjs : rounds);
    const seconds = median(measured.map((one) => one.seconds));
    const cpu = median(measured.map((one) => one.cpu));
    if (kind === 'copy') copy = seconds;
    const extraMb = Math.max(...measured.map((one) => one.extraMb));
    const ratePerCore = files.length / cpu;
    figures.push({ name: `${title}: ${kind}`, seconds, ratePerCore, extraMb, ratioToCopy: seconds / copy });
  }
  return figures;
}

await using folder = await temporaryFolder('viaduct-bench-');
const out = path.join(folder.path, 'out');
mkdirSync(out);
const count = (full: number): number => Math.max(1, Math.round(full * scale));
const ct = await writeStudy(folder.path, { label: 'ct', instances: count(500), bytesPerInstance: 524_288 });
const attributes = { Rows: 512, Columns: 512, NumberOfFrames: String(count(600)) };
const big = await writeStudy(folder.path, { label: 'big', bytesPerInstance: count(600) * 524_288, attributes });
const pathsOf = (study: typeof ct): string[] => study.instances.map((instance) => instance.path);
const results = [
  ...(await compare(`${count(500)} CT of 0.5 MB`, pathsOf(ct), out, rounds)),
  ...(await compare(`1 object of ${Math.round(315 * scale)} MB`, pathsOf(big), out, ROUNDS_OF_DCMJS_WITH_LARGE)),
];
console.log(
  `${''.padEnd(44)}${'ms'.padStart(8)}${'per core'.padStart(9)}${'extra MB'.padStart(10)}${'x copy'.padStart(8)}`,
);
for (const { name, seconds, ratePerCore, extraMb, ratioToCopy } of results) {
  const numbers = [
    (seconds * 1000).toFixed(0).padStart(8),
    ratePerCore.toFixed(0).padStart(9),
    extraMb.toFixed(0).padStart(10),
  ];
  console.log(`${name.padEnd(44)}${numbers.join('')}${ratioToCopy.toFixed(2).padStart(8)}`);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
