import type { Refusal } from '@viaduct/domain';

const WHY_NOT: Readonly<Record<Refusal, string>> = {
  'job-ended': 'The job has already ended.',
  'task-ended': 'The transfer of this study has already ended.',
  canceling: 'It is being canceled.',
  'not-paused': 'It is not paused.',
  'already-paused': 'It is already paused.',
  'nothing-failed': 'Nothing of it has failed, so there is nothing to try again.',
  'nothing-warned': 'Nothing of it has ended with warnings, so there is nothing to try again.',
  'not-ended': 'It has not ended yet.',
  'no-such-action': 'This cannot be asked of it now.',
  'job-unknown': 'There is no such job.',
  'task-unknown': 'The job has no such study.',
};

/** The sentence for an action that makes no sense now. */
export const whyNot = (refusal: Refusal): string => WHY_NOT[refusal];
