import { TypedSearchAttributes, type Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import type { Workflow } from '@temporalio/worker/lib/workflow/interface.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';
import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared.js';
import Long from 'long';
import { NAMESPACE } from '../contract/index.ts';

const { WorkflowActivation } = proto.coresdk.workflow_activation;

export type ActivationJob = proto.coresdk.workflow_activation.IWorkflowActivationJob;
export type Command = proto.coresdk.workflow_commands.IWorkflowCommand;

/** What an execution begins with. */
export interface Start {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly input: readonly Payload[];
}

/** What the server tells with a workflow task besides its jobs. */
export interface TaskFacts {
  /** ms since 1970 */
  readonly now: number;
  readonly historyLength: number;
  readonly continueAsNewSuggested: boolean;
}

/** The workflow sandbox of the worker, driven without a server. Uses private interfaces of the pinned SDK: tests only. */
export class Sandbox implements AsyncDisposable {
  readonly #creator: ReusableVMWorkflowCreator;
  readonly #runs: Run[] = [];

  private constructor(creator: ReusableVMWorkflowCreator) {
    this.#creator = creator;
  }

  static async create(code: string): Promise<Sandbox> {
    // Installed, they would write down a stack for every promise of this process, those of other tests too.
    globalHandlers.installed = true;
    return new Sandbox(await ReusableVMWorkflowCreator.create(parseWorkflowCode(code), 5_000, new Set()));
  }

  async begin(start: Start, now: number): Promise<Run> {
    const runId = `run-${this.#runs.length + 1}`;
    const workflow = await this.#creator.createWorkflow({
      info: {
        ...{ workflowType: start.workflowType, workflowId: start.workflowId, taskQueue: start.taskQueue, runId },
        ...{ firstExecutionRunId: runId, originalExecutionRunId: runId, namespace: NAMESPACE, attempt: 1 },
        ...{ historyLength: 3, historySize: 0, continueAsNewSuggested: false, taskTimeoutMs: 10_000 },
        ...{ startTime: new Date(now), runStartTime: new Date(now), targetWorkerDeploymentVersionChanged: false },
        searchAttributes: {},
        typedSearchAttributes: new TypedSearchAttributes(),
        unsafe: {
          now: Date.now,
          isReplaying: false,
          isReplayingHistoryEvents: false,
          random: { random: () => 0.5 },
        },
      } as unknown as Parameters<ReusableVMWorkflowCreator['createWorkflow']>[0]['info'],
      randomnessSeed: Long.fromInt(this.#runs.length + 1).toBytes(),
      now,
      showStackTraceSources: false,
    });
    const run = new Run(runId, start, workflow);
    this.#runs.push(run);
    return run;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const run of this.#runs) await run.dispose();
    await this.#creator.destroy();
  }
}

/** One run of a workflow: jobs in, commands out. */
export class Run {
  readonly runId: string;
  readonly #workflow: Workflow;
  #first: ActivationJob | null;
  #disposed = false;

  constructor(runId: string, { workflowType, workflowId, input }: Start, workflow: Workflow) {
    this.runId = runId;
    this.#workflow = workflow;
    this.#first = {
      initializeWorkflow: {
        ...{ workflowType, workflowId, arguments: [...input], attempt: 1 },
        randomnessSeed: Long.fromInt(1),
      },
    };
  }

  /** One workflow task. Throws when the workflow fails it. */
  async activate(jobs: readonly ActivationJob[], facts: TaskFacts): Promise<Command[]> {
    const all = this.#first ? [this.#first, ...jobs] : [...jobs];
    this.#first = null;
    const completion = await this.#workflow.activate(
      WorkflowActivation.fromObject({
        runId: this.runId,
        jobs: inCoreOrder(all),
        historyLength: facts.historyLength,
        continueAsNewSuggested: facts.continueAsNewSuggested,
        timestamp: { seconds: Math.floor(facts.now / 1000), nanos: (facts.now % 1000) * 1e6 },
      }),
    );
    if (!completion.successful) throw new Error(`Workflow task failed: ${completion.failed?.failure?.message}`);
    return completion.successful.commands ?? [];
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#workflow.dispose();
  }
}

/** Core hands over the start first, then signals, then the rest; a cancellation comes last here, when it does most harm. */
function inCoreOrder(jobs: readonly ActivationJob[]): ActivationJob[] {
  const rank = (job: ActivationJob) =>
    job.initializeWorkflow ? 0 : job.signalWorkflow ? 1 : job.cancelWorkflow ? 3 : 2;
  return jobs.toSorted((a, b) => rank(a) - rank(b));
}
