/**
 * Records the histories that the replay test reads: plays every scenario on a development server with mock activities
 * and keeps the histories of its job and first chunk, run by run. Made anew only with a reason, which the commit names.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HISTORIES, toText } from '../src/harness/histories.ts';
import { SCENARIOS, type Scenario } from '../src/harness/scenarios.ts';
import { startStage, type Stage } from '../src/harness/stage.ts';

/** Enough to see a boundary from both sides. */
const MAX_RUNS = 3;

async function record(stage: Stage, scenario: Scenario): Promise<void> {
  await using play = await stage.play(scenario.options);
  await scenario.run(play);
  await play.job.result().catch(() => undefined);
  const { status } = await play.job.describe();
  if (status.name !== scenario.ends) throw new Error(`${scenario.name} has ended as ${status.name}`);
  for (const [part, workflowId] of [
    ['job', play.job.workflowId],
    ['chunk', play.chunkId(1)],
  ] as const) {
    const runs = await play.runsOf(workflowId);
    for (const [index, run] of runs.slice(0, MAX_RUNS).entries()) {
      const name = [scenario.name, part, ...(runs.length > 1 ? [`run-${index + 1}`] : [])].join('.');
      await writeFile(join(HISTORIES, `${name}.json`), toText(workflowId, await run.fetchHistory()));
    }
  }
}

await rm(HISTORIES, { recursive: true, force: true });
await mkdir(HISTORIES);
for (const continues of [false, true]) {
  await using stage = await startStage(continues ? { suggestContinueAsNew: 60 } : {});
  for (const scenario of SCENARIOS.filter((each) => Boolean(each.continues) === continues)) {
    await record(stage, scenario);
  }
}
