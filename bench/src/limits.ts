/**
 * Whether the limits of a PACS hold: 12 processes ask one that takes 4 associations and 700 requests a minute, and that
 * resets every connection above either. Prints the resets (0 is wanted), the most requests in any window, and how much
 * of the allowance was used (95 % is wanted).
 *
 *   node bench/src/limits.ts [--processes 12] [--associations 4] [--requests 700] [--window 60] [--windows 10]
 *
 * A window shorter than a minute shortens the clock. Requests are spaced (60 + 1.5) / (R − 1) s, R a minute; after a pause
 * the first come up to 0.5 s closer together, and each may arrive up to 1 s after its turn, so that no minute sees more
 * than R. A window of W s then sees at most floor((W + 1.5) / spacing) + 1: for R = 700 and W = 6 that is 86, beside 70
 * evenly spread ones. The PACS resets above that number. What can be used is (R − 1) / R · 60 / 61.5: 97.4 %.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { migrate, openDatabase } from '@viaduct/prisma';
import { spawnPacs, startPostgres, temporaryFolder, writeStudy } from '@viaduct/testing';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '12' },
    associations: { type: 'string', default: '4' },
    requests: { type: 'string', default: '700' },
    window: { type: 'string', default: '60' },
    windows: { type: 'string', default: '10' },
  },
});
const [processes, associations, perMinute, windowS, windows] = [
  values.processes,
  values.associations,
  values.requests,
  values.window,
  values.windows,
].map(Number) as [number, number, number, number, number];

const SLACK_S = 1.5;
const spacingS = (60 + SLACK_S) / (perMinute - 1);
const allowed = windowS >= 60 ? perMinute : Math.floor((windowS + SLACK_S) / spacingS) + 1;

/** The most requests in any span of one window. */
function mostInWindow(times: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [index, at] of times.entries()) {
    while ((times[first] ?? at) <= at - windowS * 1000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

await using folder = await temporaryFolder('viaduct-limits-');
await using postgres = await startPostgres();
const connectionString = postgres.connectionString();
await migrate(connectionString);
await using stack = new AsyncDisposableStack();
const database = stack.adopt(openDatabase({ connectionString }), (open) => open.close());
const study = await writeStudy(path.join(folder.path, 'pacs'), { label: 'limits', instances: 4, series: 2 });
const resetAbove = { associations, requests: allowed, perMs: windowS * 1000 };
await using pacs = await spawnPacs({ dir: path.join(folder.path, 'pacs'), aeTitle: 'LIMITED', faults: { resetAbove } });
const { id } = await database.client.node.create({
  data: {
    kind: 'server',
    name: 'Limited',
    aeTitle: pacs.aeTitle,
    host: pacs.host,
    port: pacs.port,
    maxAssociations: associations,
    requestsPerMinute: perMinute,
  },
});

const workers: ChildProcess[] = Array.from({ length: processes }, (_, index) =>
  fork(path.join(import.meta.dirname, 'limits/worker.ts'), [
    JSON.stringify({
      connectionString,
      nodeId: id,
      studyInstanceUid: study.studyInstanceUID,
      folder: path.join(folder.path, String(index)),
    }),
  ]),
);
const duration = windowS * windows;
console.log(
  `${processes} processes, ${duration} s: at most ${associations} associations, ${allowed} requests in ${windowS} s`,
);
await Promise.all(workers.map((worker) => once(worker, 'message')));
await pacs.reset();
const began = Date.now();
await delay(duration * 1000);
const { requests, resets, peakAssociations, events } = await pacs.state();
const seconds = (Date.now() - began) / 1000;
for (const worker of workers) worker.kill('SIGTERM');
for (const worker of workers) if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');

const times = requests.filter(({ operation }) => operation !== 'echo').map(({ at }) => at);
const share = times.length / ((perMinute / 60) * seconds);
const reasons = new Set(events.flatMap(({ kind, what }) => (kind === 'fault' ? [what] : [])));
console.log(`resets              ${resets} ${[...reasons].join(', ')}`);
console.log(`associations, peak  ${peakAssociations} of ${associations}`);
console.log(`requests, at most   ${mostInWindow(times)} in ${windowS} s of ${allowed}`);
const byWindow = Array.from({ length: windows }, (_, index) => {
  const from = began + index * windowS * 1000;
  return times.filter((at) => at >= from && at < from + windowS * 1000).length;
});
console.log(`requests, by window ${byWindow.join(' ')}`);
console.log(
  `requests, in all    ${times.length} in ${seconds.toFixed(1)} s: ${(share * 100).toFixed(1)} % of the allowance`,
);
