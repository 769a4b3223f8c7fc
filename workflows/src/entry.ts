import { deadlineOf, type Gates } from '@viaduct/domain';
import type { CancellationScope } from '@temporalio/workflow';
import type { JobControl, TaskControl, TaskHead } from './contract/index.ts';

/** A task that its chunk has not let go of. */
export class Entry {
  head: TaskHead;
  /** What a person asked for this task alone, not carried out yet; `resume` takes back a pause. */
  want: TaskControl['want'] | null = null;
  /** Present while the task runs or is being settled; cancelled to interrupt it. */
  scope: CancellationScope | null = null;
  /** When it is interrupted while it runs (ms since 1970; null: never). */
  #deadlineAt: number | null = null;
  /** The earliest deadline that its steps know of. */
  #told = Infinity;
  /** It does not begin before (ms since 1970). */
  #restsUntil = 0;

  constructor(head: TaskHead) {
    this.head = head;
  }

  begin(scope: CancellationScope, gates: Gates): void {
    this.scope = scope;
    this.#deadlineAt = deadlineOf(gates, this.head, Date.now());
    this.#told = Infinity;
  }

  /** The deadline for a step that begins now. */
  tellDeadline(): number | null {
    this.#told = Math.min(this.#told, this.#deadlineAt ?? Infinity);
    return this.#deadlineAt;
  }

  /** Puts a running task under what holds for the job from now on. */
  obey({ gates, paused }: JobControl): void {
    if (!this.scope) return;
    if (paused === 'interrupt') this.scope.cancel();
    const now = Date.now();
    // Hours that have ended by a change of the schedule grant no more than their overrun from now on.
    const latest = now + gates.schedule.maxOverrunMs;
    this.#deadlineAt = deadlineOf(gates, this.head, now, Math.min(this.#deadlineAt ?? latest, latest));
    this.interruptIfLate();
  }

  interruptIfLate(): void {
    if (this.#deadlineAt !== null && this.#deadlineAt <= Date.now()) this.scope?.cancel();
  }

  /**
   * A step has ended at a deadline that was moved since, or that this workflow's clock has not reached yet: the task
   * begins again when that is over, but never at once.
   */
  rest(leastMs: number): void {
    const least = Date.now() + leastMs;
    this.#restsUntil = this.#told === Infinity ? least : Math.max(least, this.#told);
  }

  get isResting(): boolean {
    return Date.now() < this.#restsUntil;
  }

  /** The next instant at which it is interrupted or has rested (ms since 1970; null: none). */
  get nextChange(): number | null {
    const at = this.scope ? this.#deadlineAt : this.#restsUntil;
    return at !== null && at > Date.now() ? at : null;
  }
}
