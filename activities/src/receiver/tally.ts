import type { AssociationCall, IncomingInstance, InstanceSink, StoredInstance } from '@viaduct/dicom/dimse';
import { CALL_REFUSALS, type CallRefusal, type ReceiverCalls } from '@viaduct/prisma';
import type { CauseFacts } from '@viaduct/workflows/contract';

/** Callers that are remembered at most: whoever knocks under ever new names must not fill the memory. */
const MOST_CALLERS = 100;

interface Caller {
  readonly aeTitle: string;
  readonly address: string;
  open: number;
  associations: number;
  instances: number;
  bytes: number;
  refusedInstances: number;
  readonly refusals: Map<CallRefusal, number>;
  lastAt: Date;
}

/** Who called the receiver of this host since it started, and what came of it. */
export class ReceiverTally {
  readonly #since = new Date();
  readonly #callers = new Map<string, Caller>();

  get calls(): ReceiverCalls {
    return {
      since: this.#since.toISOString(),
      callers: [...this.#callers.values()].map(({ refusals, lastAt, ...caller }) => ({
        ...caller,
        refusals: Object.fromEntries(refusals),
        lastAt: lastAt.toISOString(),
      })),
    };
  }

  /** An association stands, until the answer is disposed of. */
  opened({ callingAETitle, remoteAddress }: AssociationCall): Disposable {
    const caller = this.#caller(callingAETitle, remoteAddress);
    caller.open += 1;
    caller.associations += 1;
    return {
      [Symbol.dispose]() {
        caller.open -= 1;
        caller.lastAt = new Date();
      },
    };
  }

  /** An association was refused. */
  refused({ callingAETitle, remoteAddress }: AssociationCall, why: CallRefusal): void {
    const { refusals } = this.#caller(callingAETitle, remoteAddress);
    refusals.set(why, (refusals.get(why) ?? 0) + 1);
  }

  /** The same sink, counted. */
  counted(sink: InstanceSink): InstanceSink {
    return {
      durability: sink.durability,
      begin: async (instance) => {
        const answer = await sink.begin(instance);
        if ('refuse' in answer) this.#callerOf(instance).refusedInstances += 1;
        return answer;
      },
      done: async (instance: StoredInstance) => {
        const status = await sink.done(instance);
        const caller = this.#callerOf(instance);
        caller.instances += 1;
        caller.bytes += instance.bytes;
        return status;
      },
      failed: (instance, error) => sink.failed?.(instance, error),
    };
  }

  #callerOf({ callingAETitle, remoteAddress }: IncomingInstance): Caller {
    return this.#caller(callingAETitle, remoteAddress);
  }

  #caller(aeTitle: string, address: string): Caller {
    const key = `${address} ${aeTitle}`;
    const caller = this.#callers.get(key) ?? {
      aeTitle,
      address,
      open: 0,
      associations: 0,
      instances: 0,
      bytes: 0,
      refusedInstances: 0,
      refusals: new Map<CallRefusal, number>(),
      lastAt: new Date(),
    };
    caller.lastAt = new Date();
    // The one that was heard last comes last.
    this.#callers.delete(key);
    this.#callers.set(key, caller);
    if (this.#callers.size > MOST_CALLERS) this.#forgetOne();
    return caller;
  }

  #forgetOne(): void {
    for (const [key, { open }] of this.#callers) {
      if (open > 0) continue;
      this.#callers.delete(key);
      return;
    }
  }
}

/** Somebody who was refused between two looks at the calls, as facts of a cause: `refusal` (`instance`: what it sent) and who. */
export function refusedBetween(before: ReceiverCalls, after: ReceiverCalls): CauseFacts {
  for (const { aeTitle, address, refusals, refusedInstances } of after.callers) {
    const earlier = before.callers.find((caller) => caller.aeTitle === aeTitle && caller.address === address);
    const refused = (why: CallRefusal) => (refusals[why] ?? 0) > (earlier?.refusals[why] ?? 0);
    const who = { refusedAETitle: aeTitle, refusedAddress: address };
    const refusal = CALL_REFUSALS.find(refused);
    if (refusal) return { refusal, ...who };
    if (refusedInstances > (earlier?.refusedInstances ?? 0)) return { refusal: 'instance', ...who };
  }
  return {};
}
