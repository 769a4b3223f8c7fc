/**
 * The engine and the product beside DCMTK's tools: builds its data, does the same work with both in turn, and prints wall time,
 * processor time, peak memory and the ratio to the peer (median of the pairs). What the engine moved is compared byte for byte.
 *
 *   npm run bench -- [--rounds 5] [--scale 1] [--only TEXT] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '@viaduct/testing';
import { ROWS } from './dimse/rows.ts';
import type { Row } from './dimse/rows.ts';
import { median, setUp } from './dimse/scene.ts';
import type { Scene } from './dimse/scene.ts';
import { runTool } from './dimse/usage.ts';
import type { Cost } from './dimse/usage.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});

interface Result {
  readonly name: string;
  readonly peer: string;
  readonly target: number;
  readonly ratio: number;
  readonly ours: Cost;
  readonly theirs: Cost;
}

async function measure(row: Row, scene: Scene, rounds: number): Promise<Result> {
  const pairs: { ours: Cost; theirs: Cost }[] = [];
  await scene.beginRow();
  // What the run before has left to be written must not slow the next one down.
  const settled = async (side: 'ours' | 'theirs') => {
    await runTool('sync', []);
    return row[side](scene);
  };
  const { warmUps = 1 } = row;
  // The first pairs warm caches and compilers up and are not counted. Never one side twice in a row: ext4 makes files slowly just
  // after others were removed.
  for (let round = 0; round < warmUps + rounds; round += 1) {
    const theirs = await settled('theirs');
    pairs.push({ ours: await settled('ours'), theirs });
  }
  const counted = pairs.slice(warmUps);
  const typical = (costs: readonly Cost[]): Cost => ({
    seconds: median(costs.map((cost) => cost.seconds)),
    cpu: median(costs.map((cost) => cost.cpu)),
    peakMb: Math.max(...costs.map((cost) => cost.peakMb)),
  });
  return {
    name: row.name,
    peer: row.peer,
    target: row.target,
    ratio: median(counted.map(({ ours, theirs }) => ours.seconds / theirs.seconds)),
    ours: typical(counted.map(({ ours }) => ours)),
    theirs: typical(counted.map(({ theirs }) => theirs)),
  };
}

const costText = ({ seconds, cpu, peakMb }: Cost) =>
  `${seconds.toFixed(2).padStart(6)} ${cpu.toFixed(2).padStart(6)} ${peakMb.toFixed(0).padStart(5)}`;

function line({ name, peer, target, ratio, ours, theirs }: Result): string {
  const verdict = `${ratio.toFixed(2).padStart(5)} ${ratio <= target ? '≤' : '>'} ${target.toFixed(1)}`;
  return `${name.padEnd(37)}${costText(ours)}  ${costText(theirs)}  ${verdict}  ${peer}`;
}

await using folder = await temporaryFolder('viaduct-bench-');
await using stack = new AsyncDisposableStack();
const scene = await setUp(folder.path, Number(values.scale), stack);
const results: Result[] = [];
console.log(`${''.padEnd(37)}${'wall s  cpu s    MB   wall s  cpu s    MB   ratio'}`);
for (const row of ROWS.filter(({ name }) => name.includes(values.only))) {
  const result = await measure(row, scene, Number(values.rounds));
  results.push(result);
  console.log(line(result));
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
