import { hasEnded, jobActionsFor, taskActionsFor } from '@viaduct/domain';
import type { Actionable, JobAction, JobState, Refusal } from '@viaduct/domain';

/** The action makes no sense now; `refusal` says why. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

/** Why an action on a whole job makes no sense now; null when it does. */
export function jobRefusal(action: JobAction, job: Actionable): Refusal | null {
  if (jobActionsFor(job).includes(action)) return null;
  return reasonOf(action, job.state, 'job-ended', { failed: job.failed > 0, warned: job.warnings > 0 });
}

/** Why an action on a task of a job makes no sense now; null when it does. */
export function taskRefusal(action: JobAction, task: JobState, job: JobState): Refusal | null {
  if (job === 'canceling') return 'canceling';
  if ((taskActionsFor(task) as readonly JobAction[]).includes(action)) return null;
  const failed = task === 'failure' || task === 'canceled';
  return reasonOf(action, task, 'task-ended', { failed, warned: task === 'warning' });
}

/** Why an action that is not allowed is not. */
function reasonOf(
  action: JobAction,
  state: JobState,
  ended: 'job-ended' | 'task-ended',
  has: { readonly failed: boolean; readonly warned: boolean },
): Refusal {
  if (state === 'canceling') return 'canceling';
  switch (action) {
    case 'pause':
      if (state === 'paused') return 'already-paused';
      break;
    case 'resume':
      if (!hasEnded(state)) return 'not-paused';
      break;
    case 'retry-failed':
      if (!has.failed) return 'nothing-failed';
      break;
    case 'retry-warnings':
      if (!has.warned) return 'nothing-warned';
      break;
    case 'restart':
    case 'delete':
      return 'not-ended';
    default:
  }
  return hasEnded(state) && !isRetry(action) ? ended : 'no-such-action';
}

const isRetry = (action: JobAction) => action === 'retry-failed' || action === 'retry-warnings';
