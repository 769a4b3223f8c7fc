import {
  ApplicationFailure,
  CancelledFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
} from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import type { Mocks } from './activities.ts';
import type { Clock } from './clock.ts';
import type { ActivationJob } from './sandbox.ts';

const { RetryState, TimeoutType } = proto.temporal.api.enums.v1;
type Scheduled = proto.coresdk.workflow_commands.IScheduleActivity;
type Resolution = NonNullable<NonNullable<ActivationJob['resolveActivity']>['result']>;
type Mock = (input: unknown, world: Parameters<Mocks['planParts']>[1]) => Promise<unknown>;

/** How long it takes until a running activity learns of its cancellation: one heartbeat. */
const CANCEL_LATENCY_MS = 1_000;

/** One scheduled activity with its attempts, as the server and a worker would treat it. */
export class Attempts {
  readonly queue: string;
  readonly #clock: Clock;
  readonly #command: Scheduled;
  readonly #mock: Mock;
  readonly #served: (queue: string) => boolean;
  readonly #resolve: (result: Resolution) => void;
  #attempt = 0;
  /** Present while an attempt runs. */
  #running: AbortController | null = null;
  #cancelled = false;
  #stopTimer: () => void = () => undefined;

  constructor(
    clock: Clock,
    command: Scheduled,
    mock: Mock,
    served: (queue: string) => boolean,
    resolve: (result: Resolution) => void,
  ) {
    this.queue = command.taskQueue ?? '';
    this.#clock = clock;
    this.#command = command;
    this.#mock = mock;
    this.#served = served;
    this.#resolve = resolve;
    this.#begin();
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    const running = this.#running;
    if (running) this.#clock.after(CANCEL_LATENCY_MS, () => running.abort(new CancelledFailure('CANCELLED')));
    else this.#end({ cancelled: { failure: this.#failure({ canceledFailureInfo: {} }) } });
  }

  /** The worker dies: nobody hears of the attempt again, the server notices by the missing heartbeat. */
  lose(): void {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    running.abort(new CancelledFailure('its process is gone'));
    const { heartbeatTimeout } = this.#command;
    this.#again(heartbeatTimeout ? tsToMs(heartbeatTimeout) : 0);
  }

  #begin(): void {
    this.#attempt++;
    if (!this.#served(this.queue)) return this.#waitForWorker();
    const controller = (this.#running = new AbortController());
    const [payload] = this.#command.arguments ?? [];
    const input = payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
    const world = {
      queue: this.queue,
      attempt: this.#attempt,
      signal: controller.signal,
      now: () => this.#clock.now,
      sleep: (ms: number) => this.#sleep(ms, controller.signal),
    };
    this.#mock(input, world).then(
      (result) => {
        if (this.#running === controller)
          this.#end({ completed: { result: defaultPayloadConverter.toPayload(result) } });
      },
      (error: unknown) => {
        if (this.#running === controller) this.#failed(error);
      },
    );
  }

  #waitForWorker(): void {
    const { scheduleToStartTimeout } = this.#command;
    if (!scheduleToStartTimeout) return;
    this.#stopTimer = this.#clock.after(tsToMs(scheduleToStartTimeout), () => {
      const cause = { timeoutFailureInfo: { timeoutType: TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START } };
      this.#end({ failed: { failure: this.#failure(cause, RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE) } });
    });
  }

  #failed(error: unknown): void {
    this.#running = null;
    const cause = defaultFailureConverter.errorToFailure(error, defaultPayloadConverter);
    if (error instanceof CancelledFailure) return this.#end({ cancelled: { failure: this.#failure(cause) } });
    if (error instanceof ApplicationFailure && !error.nonRetryable && !this.#cancelled) {
      const delay = error.nextRetryDelay as unknown;
      return this.#again(typeof delay === 'number' ? delay : this.#retryInterval());
    }
    this.#end({ failed: { failure: this.#failure(cause, RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE) } });
  }

  #again(ms: number): void {
    this.#stopTimer = this.#clock.after(ms, () => this.#begin());
  }

  #retryInterval(): number {
    const interval = this.#command.retryPolicy?.initialInterval;
    return interval ? tsToMs(interval) : 1_000;
  }

  #end(result: Resolution): void {
    this.#running = null;
    this.#stopTimer();
    this.#resolve(result);
  }

  #failure(cause: proto.temporal.api.failure.v1.IFailure, retryState?: proto.temporal.api.enums.v1.RetryState) {
    const { activityId, activityType } = this.#command;
    return {
      message: 'Activity task failed',
      cause,
      activityFailureInfo: { activityId, activityType: { name: activityType }, retryState },
    };
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = this.#clock.after(ms, resolve);
      signal.addEventListener('abort', () => {
        stop();
        reject(signal.reason as Error);
      });
    });
  }
}
