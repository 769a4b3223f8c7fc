import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { bundleWorkflows } from '../scripts/bundle.ts';
import { Harness } from './harness/harness.ts';
import { House } from './harness/house.ts';
import { Sandbox } from './harness/sandbox.ts';

const SILENT = new DefaultLogger('ERROR', () => undefined);

/** Bundles a source text as if it were our entry. */
async function bundleOf(source: string): Promise<string> {
  const dist = join(import.meta.dirname, '..', 'dist');
  await mkdir(dist, { recursive: true });
  const folder = await mkdtemp(join(dist, 'try-'));
  try {
    const path = join(folder, 'workflows.ts');
    await writeFile(path, source);
    return (await bundleWorkflows(path, SILENT)).code;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('our workflows are bundled without a module of Node', async () => {
  const { code } = await bundleWorkflows();
  expect(code).toContain('jobWorkflow');
  expect(code).not.toMatch(/aes-256-gcm|createCipheriv/);
});

test.each(['node:fs', 'node:crypto', 'os'])('workflow code that imports %s is refused', async (name) => {
  const source = `import * as forbidden from '${name}'; export async function some() { return Object.keys(forbidden); }`;
  await expect(bundleOf(source)).rejects.toThrow();
});

test('two workflows share no module variable', async () => {
  const code = await bundleOf(`
    let calls = 0;
    export async function count() { calls += 1; if (calls > 1) throw new Error('shared'); }`);
  await using sandbox = await Sandbox.create(code);
  const harness = new Harness(sandbox, new House().mocks);
  await harness.start('count', 'first', null);
  await harness.start('count', 'second', null);
  expect(await harness.closed('first')).toBe('completed');
  expect(await harness.closed('second')).toBe('completed');
});
