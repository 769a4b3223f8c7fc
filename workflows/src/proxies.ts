import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import {
  admitQueue,
  DB_QUEUE,
  findQueue,
  hostQueue,
  type AdmitActivities,
  type DbActivities,
  type FindActivities,
  type PriorityKey,
  type PseudonymizeActivities,
  type RetrieveActivities,
  type RunSettings,
  type StoreActivities,
  type VerifyActivities,
} from './contract/index.ts';

/** What decides how an activity is scheduled: the run's time-outs, and the priority as it is at this moment. */
export interface Dispatch {
  readonly settings: Pick<RunSettings, 'heartbeatTimeoutMs' | 'retryIntervalMs' | 'hostLostAfterMs'>;
  readonly priorityKey: PriorityKey;
}

/** Time-outs of the first activity of a run, which reads the settings that all others use. */
export const BEFORE_SETTINGS: Dispatch['settings'] = {
  heartbeatTimeoutMs: 15_000,
  retryIntervalMs: 2_000,
  hostLostAfterMs: 300_000,
};

/**
 * What all activities share. An attempt that was lost with its worker is noticed by its heartbeat and runs again after
 * a constant delay: the number of kills says nothing about the next attempt. Failures bring their own delay
 * (`nextRetryDelay`) or are final, so attempts are not counted here.
 * Cancellation waits until the activity has put down its work, else the clean-up would overtake it.
 */
function options({ settings, priorityKey }: Dispatch, taskQueue: string): ActivityOptions {
  return {
    taskQueue,
    priority: { priorityKey },
    heartbeatTimeout: settings.heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: settings.retryIntervalMs, backoffCoefficient: 1 },
  };
}

/** Bookkeeping: short statements, but a retry of a job of 100,000 tasks may take its time. */
export const dbActivities = (dispatch: Dispatch) =>
  proxyActivities<DbActivities>({ ...options(dispatch, DB_QUEUE), startToCloseTimeout: '1 minute' });

/** Asks the source what a task consists of. A backlog on the node's queue is normal: no limit on the wait. */
export const findActivities = (dispatch: Dispatch, sourceId: string) =>
  proxyActivities<FindActivities>({ ...options(dispatch, findQueue(sourceId)), startToCloseTimeout: '10 minutes' });

/** Asks the destination what it holds. */
export const verifyActivities = (dispatch: Dispatch, destinationId: string) =>
  proxyActivities<VerifyActivities>({
    ...options(dispatch, findQueue(destinationId)),
    startToCloseTimeout: '10 minutes',
  });

/** Waits inside the activity for a slot of the source and room in the spool: hours are normal. */
export const admitAnywhere = (dispatch: Dispatch, sourceId: string) =>
  proxyActivities<AdmitActivities>({ ...options(dispatch, admitQueue(sourceId)), startToCloseTimeout: '24 hours' });

/** Admits a part on the host that has bytes of it; a host that is gone must not keep the part. */
export const admitOnHost = (dispatch: Dispatch, hostId: string) =>
  proxyActivities<AdmitActivities>({
    ...options(dispatch, hostQueue(hostId, 'admit')),
    startToCloseTimeout: '24 hours',
    scheduleToStartTimeout: dispatch.settings.hostLostAfterMs,
  });

/**
 * The steps of an admitted part, each on its own queue of the host, so that followers that wait never keep a retrieve
 * from starting. The queue disappears with its host: schedule-to-start notices that, schedule-to-close is the last net.
 */
export function hostActivities(dispatch: Dispatch, hostId: string) {
  const step = (name: 'retrieve' | 'pseudonymize' | 'store'): ActivityOptions => ({
    ...options(dispatch, hostQueue(hostId, name)),
    startToCloseTimeout: '1 hour',
    scheduleToStartTimeout: dispatch.settings.hostLostAfterMs,
    scheduleToCloseTimeout: '4 hours',
  });
  return {
    ...pick(proxyActivities<RetrieveActivities>(step('retrieve')), 'retrievePart'),
    ...pick(proxyActivities<PseudonymizeActivities>(step('pseudonymize')), 'pseudonymizePart'),
    ...pick(proxyActivities<StoreActivities>(step('store')), 'storePart'),
  };
}

/** Somebody waits for the answer: a host that does not take it up soon counts as gone, and nothing is tried again. */
export const trialActivities = (hostId: string) =>
  proxyActivities<Pick<RetrieveActivities, 'tryMove'>>({
    taskQueue: hostQueue(hostId, 'retrieve'),
    scheduleToStartTimeout: '10 seconds',
    startToCloseTimeout: '100 seconds',
    retry: { maximumAttempts: 1 },
  });

/** Proxies have no enumerable members, so they cannot be spread. */
function pick<T, K extends keyof T>(proxy: T, name: K): Pick<T, K> {
  return { [name]: proxy[name] } as Pick<T, K>;
}
