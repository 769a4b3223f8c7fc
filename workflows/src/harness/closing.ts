import { CancelledFailure, defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';

/** How an execution closed. */
export type Closing = 'completed' | 'failed' | 'canceled' | 'terminated';

/** What a parent is told about the end of its child. */
export function childResult(workflowId: string, closing: Closing | null, error: string | null) {
  if (closing === 'completed') return { completed: { result: defaultPayloadConverter.toPayload(undefined) } };
  const info = {
    childWorkflowExecutionFailureInfo: { workflowExecution: { workflowId }, workflowType: { name: 'child' } },
  };
  const cause =
    closing === 'canceled'
      ? defaultFailureConverter.errorToFailure(new CancelledFailure('CANCELLED'), defaultPayloadConverter)
      : { message: error ?? closing };
  const failure = { message: 'Child workflow failed', ...info, cause };
  return closing === 'canceled' ? { cancelled: { failure } } : { failed: { failure } };
}
