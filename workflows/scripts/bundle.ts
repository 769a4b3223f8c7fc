/** Writes dist/workflow-bundle.js, which workers load instead of bundling at every start. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type Logger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { failureConverterPath } from '../src/contract/codec.ts';

const SOURCES = fileURLToPath(new URL('../src', import.meta.url));
const BUNDLE = fileURLToPath(new URL('../dist/workflow-bundle.js', import.meta.url));

/**
 * Bundles workflow code for the sandbox.
 * @param workflowsPath the entry, ours unless a test gives another
 * @throws when workflow code reaches for anything that is not deterministic, such as a module of Node
 */
export function bundleWorkflows(
  workflowsPath = path.join(SOURCES, 'workflows.ts'),
  logger: Logger = new DefaultLogger('ERROR'),
): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({ workflowsPath, failureConverterPath, logger });
}

async function write(): Promise<void> {
  const { code } = await bundleWorkflows();
  await mkdir(path.dirname(BUNDLE), { recursive: true });
  // Others may read, or write, the file at the same time.
  const draft = `${BUNDLE}.${randomUUID()}`;
  await writeFile(draft, code);
  await rename(draft, BUNDLE);
}

async function newestSource(): Promise<number> {
  const domain = path.dirname(fileURLToPath(import.meta.resolve('@viaduct/domain')));
  let newest = 0;
  for (const folder of [SOURCES, domain]) {
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
      newest = Math.max(newest, (await stat(path.join(folder, file))).mtimeMs);
    }
  }
  return newest;
}

/** The file of our bundle, for `workflowBundle: { codePath }` of a worker; made again when workflow code is newer (in a checkout). */
export async function workflowBundle(): Promise<string> {
  const built = await stat(BUNDLE).catch(() => null);
  if (!built || built.mtimeMs < (await newestSource())) await write();
  return BUNDLE;
}

if (import.meta.main) await write();
