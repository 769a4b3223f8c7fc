/** Why a person's request had no effect: the closed list behind `request.reason`. */
export const REFUSALS = [
  'job-ended',
  'task-ended',
  'canceling',
  'not-paused',
  'already-paused',
  'nothing-failed',
  'nothing-warned',
  'not-ended',
  'no-such-action',
  'job-unknown',
  'task-unknown',
] as const;
export type Refusal = (typeof REFUSALS)[number];

const SENTENCES: Readonly<Record<Refusal, string>> = {
  'job-ended': 'The job had already ended.',
  'task-ended': 'The study had already ended.',
  canceling: 'It is being canceled.',
  'not-paused': 'It was not paused.',
  'already-paused': 'It was already paused.',
  'nothing-failed': 'Nothing had failed.',
  'nothing-warned': 'Nothing had ended with warnings.',
  'not-ended': 'It had not ended yet.',
  'no-such-action': 'That could not be asked of it.',
  'job-unknown': 'There is no such job.',
  'task-unknown': 'The job has no such study.',
};

/** The sentence a page shows for a refused request; a reason outside the list is shown as it is. */
export function explainRefusal(reason: string): string {
  return (REFUSALS as readonly string[]).includes(reason) ? SENTENCES[reason as Refusal] : reason;
}
