import { readFile } from 'node:fs/promises';
import { workflowBundle } from '../../scripts/bundle.ts';
import { chunkWorkflowId, JOB_WORKFLOW, jobWorkflowId, type JobInput } from '../contract/index.ts';
import { Harness, type HarnessOptions } from './harness.ts';
import { House, JOB_ID, type HouseOptions } from './house.ts';
import { Sandbox } from './sandbox.ts';

export const JOB = jobWorkflowId(JOB_ID, 1);
export const chunk = (chunkNo: number) => chunkWorkflowId(JOB_ID, 1, chunkNo);
export const JOB_INPUT: JobInput = { jobId: JOB_ID, runNo: 1, priorityKey: 3 };

/** A job that has just been started in the sandbox, and the mock world around it. */
export interface Scene extends AsyncDisposable {
  readonly harness: Harness;
  readonly house: House;
}

let code: Promise<string> | undefined;

/** The bundle of our workflows, read once per test file. */
export function ourBundle(): Promise<string> {
  return (code ??= workflowBundle().then((file) => readFile(file, 'utf8')));
}

/** Starts a job in the sandbox. `prepare` may replace mocks. */
export async function scene(
  options: HouseOptions & HarnessOptions & { readonly input?: Partial<JobInput> } = {},
  prepare: (house: House) => unknown = () => undefined,
): Promise<Scene> {
  const sandbox = await Sandbox.create(await ourBundle());
  const house = new House(options);
  prepare(house);
  const harness = new Harness(sandbox, house.mocks, options);
  await harness.start(JOB_WORKFLOW, JOB, { ...JOB_INPUT, ...options.input });
  return { harness, house, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() };
}
