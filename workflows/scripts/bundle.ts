/** Writes dist/workflow-bundle.js, which workers load instead of bundling at every start. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type Logger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { failureConverterPath } from '../src/contract/codec.ts';

/** Where `npm run build` puts the bundle: for `workflowBundle: { codePath }` of a worker. */
export const workflowBundlePath = fileURLToPath(new URL('../dist/workflow-bundle.js', import.meta.url));

/**
 * Bundles workflow code for the sandbox.
 * @param workflowsPath the entry, ours unless a test gives another
 * @throws when workflow code reaches for anything that is not deterministic, such as a module of Node
 */
export function bundleWorkflows(
  workflowsPath = fileURLToPath(new URL('../src/workflows.ts', import.meta.url)),
  logger: Logger = new DefaultLogger('ERROR'),
): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({ workflowsPath, failureConverterPath, logger });
}

if (import.meta.main) {
  const { code } = await bundleWorkflows();
  await mkdir(dirname(workflowBundlePath), { recursive: true });
  await writeFile(workflowBundlePath, code);
}
