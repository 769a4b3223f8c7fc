import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { failureConverterPath } from './contract/codec.ts';
import { asIterable, readHistories } from './harness/histories.ts';
import { installQuietRuntime } from './harness/runtime.ts';
import { ourBundle } from './harness/scene.ts';
import { SCENARIOS } from './harness/scenarios.ts';

beforeAll(installQuietRuntime);

/** Names of the histories that the given code does not replay. */
async function failing(code: string): Promise<string[]> {
  const histories = await readHistories();
  const options: ReplayWorkerOptions = { workflowBundle: { code }, dataConverter: { failureConverterPath } };
  const names: string[] = [];
  let index = 0;
  for await (const { error } of Worker.runReplayHistories(options, asIterable(histories))) {
    const name = histories[index++]?.name ?? 'unknown';
    if (error) names.push(`${name}: ${error.name}`);
  }
  expect(index).toBe(histories.length);
  return names;
}

test('every scenario has a recorded history, of job and chunk', async () => {
  const names = (await readHistories()).map(({ name }) => name);
  for (const { name, continues } of SCENARIOS) {
    const runs = continues ? ['.run-1', '.run-2'] : [''];
    for (const run of runs) expect(names).toEqual(expect.arrayContaining([`${name}.job${run}`, `${name}.chunk${run}`]));
  }
});

test('all recorded histories replay without a difference', async () => {
  expect(await failing(await ourBundle())).toEqual([]);
});

test('a changed order of steps is noticed', async () => {
  const code = await ourBundle();
  const changed = code.replaceAll('findInstances(', 'planParts(');
  expect(changed).not.toBe(code);
  const failed = await failing(changed);
  expect(failed.length).toBeGreaterThan(5);
  for (const line of failed) expect(line).toContain('DeterminismViolationError');
});

test('one copy of protobufjs 8 serves the whole SDK', async () => {
  const paths = ['@temporalio/proto', '@temporalio/common', '@temporalio/worker'].map((name) =>
    import.meta.resolve('protobufjs', import.meta.resolve(name)),
  );
  expect(new Set(paths).size).toBe(1);
  const [path = ''] = paths;
  const manifest = path.replace(/protobufjs\/.*$/, 'protobufjs/package.json');
  expect(await readFile(new URL(manifest), 'utf8')).toMatch(/"version": "8\./);
});
