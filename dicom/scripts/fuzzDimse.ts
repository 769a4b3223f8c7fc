/**
 * Talks to the receiver, and answers requests, with mutated conversations, each made by seeded mutations from what a well-behaved peer
 * says, while healthy peers go on sending. Ends with 1 when something crashes, hangs, fails untyped, or keeps healthy peers out, and then
 * leaves the conversation in dicom/src/dimse/corpus, from where the tests take it.
 *
 *   node dicom/scripts/fuzzDimse.ts [--runs 10000] [--seed 1]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DimseError, echo, startStorageScp } from '../src/dimse/index.ts';
import { assault, mutatedAnswer, mutatedRequest, suffer } from '../src/dimse/peers/assault.ts';
import { peerAt } from '../src/dimse/peers/peers.ts';
import { Random } from '../src/harness/random.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
const LANES = 8;
/** A healthy peer verifies after every so many conversations. */
const ECHO_EVERY = 20;

const folder = join(tmpdir(), `viaduct-fuzz-dimse-${process.pid}`);
mkdirSync(folder);
const outcomes = new Map<string, number>();
const untyped: unknown[] = [];
const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
const scp = await startStorageScp({
  aeTitle: 'RX',
  host: '127.0.0.1',
  port: 0,
  authorize: () => 'accept',
  sink: {
    durability: 'written',
    begin: ({ sopInstanceUID }) => ({ path: join(folder, sopInstanceUID) }),
    done: () => 0,
  },
  limits: { associationTimeoutMs: 2_000, responseTimeoutMs: 2_000, idleTimeoutMs: 2_000 },
  onError: (error) => {
    if (error instanceof DimseError) count(`receiver: ${error.reason}`);
    else untyped.push(error);
  },
});

function keep(name: string, bytes: Buffer, error: unknown): void {
  const path = fileURLToPath(new URL(`../src/dimse/corpus/${name}`, import.meta.url));
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, bytes);
  console.error(`kept as ${path}:`, error);
  process.exitCode = 1;
}

async function one(run: number): Promise<void> {
  const random = new Random(seed * 1_000_003 + run);
  if (random.chance(0.5)) {
    const bytes = mutatedRequest(random);
    await assault(scp.port, bytes, random).catch((error: unknown) =>
      keep(`request-seed-${seed}-run-${run}`, bytes, error),
    );
    if (untyped.length > 0) keep(`request-seed-${seed}-run-${run}`, bytes, untyped.splice(0));
  } else {
    const { operation, bytes } = mutatedAnswer(random);
    await suffer(operation, bytes).then(
      (outcome) => count(`${operation}: ${outcome}`),
      (error: unknown) => keep(`answer-${operation}-seed-${seed}-run-${run}`, bytes, error),
    );
  }
}

const memory = process.memoryUsage.rss();
let peak = memory;
let next = 0;
let healthy = 0;
async function lane(): Promise<void> {
  for (let run = next++; run < runs; run = next++) {
    await one(run);
    peak = Math.max(peak, process.memoryUsage.rss());
    if (run % ECHO_EVERY !== 0) continue;
    await echo(peerAt(scp.port, 'RX')).then(
      () => (healthy += 1),
      (error: unknown) => keep(`request-healthy-${run}`, Buffer.alloc(0), error),
    );
  }
}
await Promise.all(Array.from({ length: LANES }, lane));
await scp.close();
rmSync(folder, { recursive: true, force: true });
for (const [outcome, times] of [...outcomes].sort((a, b) => b[1] - a[1])) console.log(`${outcome.padEnd(48)}${times}`);
const grown = ((peak - memory) / 1024 / 1024).toFixed(0);
console.log(
  `${runs} conversations of seed ${seed}; ${healthy} healthy peers served; memory grew by at most ${grown} MB`,
);
