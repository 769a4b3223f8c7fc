import {
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  startChild,
  type SignalDefinition,
} from '@temporalio/workflow';
import type { chunkWorkflow } from './chunk.ts';
import { CHUNK_WORKFLOW, chunkWorkflowId, type ChunkInput, type RunRef } from './contract/index.ts';

/** How a chunk ended: by itself (which includes canceled), or without having let go of its tasks. */
export type ChunkEnd = 'ended' | 'lost';

/** The chunks of a job that run now. */
export class ActiveChunks {
  readonly #run: RunRef;
  /** Per chunk a promise that resolves when it can be signalled. */
  readonly #started = new Map<number, Promise<void>>();

  constructor(run: RunRef) {
    this.#run = run;
  }

  /** Starts a chunk and waits until it has closed; the job's cancellation reaches it by itself. Never rejects. */
  async attend(input: ChunkInput): Promise<ChunkEnd> {
    const child = startChild<typeof chunkWorkflow>(CHUNK_WORKFLOW, {
      args: [input],
      workflowId: this.#idOf(input.chunkNo),
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      priority: { priorityKey: input.control.priorityKey },
    });
    this.#started.set(
      input.chunkNo,
      child.then(
        () => undefined,
        () => undefined,
      ),
    );
    try {
      await (await child).result();
      return 'ended';
    } catch (error) {
      return isCancellation(error) ? 'ended' : 'lost';
    } finally {
      this.#started.delete(input.chunkNo);
    }
  }

  /** Signals one chunk; resolves when the signal has been delivered, or when there is no such chunk any more. */
  async signal<Args extends unknown[]>(
    chunkNo: number,
    definition: SignalDefinition<Args>,
    ...args: Args
  ): Promise<void> {
    const started = this.#started.get(chunkNo);
    if (!started) return;
    await started;
    // By workflow id alone, so that the signal reaches the run that is current after a continue-as-new of the chunk.
    await getExternalWorkflowHandle(this.#idOf(chunkNo))
      .signal(definition, ...args)
      .catch(() => undefined);
  }

  /** Signals every chunk. */
  async broadcast<Args extends unknown[]>(definition: SignalDefinition<Args>, ...args: Args): Promise<void> {
    await Promise.all([...this.#started.keys()].map((chunkNo) => this.signal(chunkNo, definition, ...args)));
  }

  #idOf(chunkNo: number): string {
    return chunkWorkflowId(this.#run.jobId, this.#run.runNo, chunkNo);
  }
}
