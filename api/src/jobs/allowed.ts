import { JOB_ACTIONS, jobActionsFor, may, type Actionable, type Actor, type JobAction } from '@viaduct/domain';
import { jobRefusal } from '@viaduct/prisma';
import { whyNot } from './whyNot.ts';

/** Why a person may not ask for an action at all; undefined when they may. */
export function forbidden(actor: Actor, action: JobAction): string | undefined {
  if (action === 'force-end' && !may(actor, 'operate')) return 'Only those who operate may end a job by force.';
  if (action === 'set-priority' && !may(actor, 'transfer-urgent')) return 'You may not change how urgent jobs are.';
  return undefined;
}

/** The actions on a job that make sense now and that the person may ask for. */
export function allowedActions(actor: Actor, job: Actionable): JobAction[] {
  return jobActionsFor(job).filter((action) => forbidden(actor, action) === undefined);
}

/** Why the other actions are not offered, by action. */
export function reasonsAgainst(actor: Actor, job: Actionable): Partial<Record<JobAction, string>> {
  return Object.fromEntries(
    JOB_ACTIONS.flatMap((action) => {
      const refusal = jobRefusal(action, job);
      const reason = refusal ? whyNot(refusal) : forbidden(actor, action);
      return reason === undefined ? [] : [[action, reason]];
    }),
  );
}
