import type { Association } from '../association/association.ts';
import { connect } from '../association/connect.ts';
import type { Message } from '../association/incoming.ts';
import type { AcceptedContext } from '../association/negotiation.ts';
import { COMMAND } from '../command.ts';
import type { ReceivedCommand } from '../command.ts';
import { DimseError } from '../errors.ts';
import { classify, STATUS, statusError } from '../status.ts';
import { receiveInstance } from '../store/receive.ts';
import type {
  Identifier,
  InstanceSink,
  Peer,
  PresentationContextProposal,
  QueryLevel,
  RetrieveResult,
  SubOperations,
} from '../types.ts';
import { SOP_CLASS, UNCOMPRESSED } from '../uids.ts';
import { encodeIdentifier } from './identifier.ts';
import { storageProposals } from './proposals.ts';

/** How long a peer may take to end a C-GET or C-MOVE after a C-CANCEL before the association is aborted, in ms. */
export const CANCEL_GRACE_MS = 2_000;

/** What to get. */
export interface GetRequest {
  readonly level: QueryLevel;
  /** Unique keys: StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID (lists allowed at the level itself, PS3.4 §C.2.2.2.2). */
  readonly identifier: Identifier;
  /** At most 127, with `scpRole`; without any the usual storage classes are proposed. See `storageProposals`. */
  readonly proposals?: readonly PresentationContextProposal[];
}

/** Stops and progress of a retrieve. */
export interface RetrieveOptions {
  /** Sends C-CANCEL; the association is aborted if the peer goes on for more than 2 s. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (counts: SubOperations) => void;
}

/**
 * Gets instances over one association (C-GET, PS3.4 §C.4.3): they arrive as C-STORE sub-operations on it and go byte-exact to the
 * sink. Each is answered when it is durable.
 * @returns counts and status of a success or a warning (0xB000: some sub-operations failed).
 * @throws DimseError what `connect` throws, `context-not-accepted` when the peer does no C-GET, `refused-out-of-resources` and
 * `status-failure` with the counts in `facts`, `canceled`, or the failure of the association
 */
export async function getInstances(
  peer: Peer,
  request: GetRequest,
  sink: InstanceSink,
  { signal, onProgress }: RetrieveOptions = {},
): Promise<RetrieveResult> {
  if (signal?.aborted) throw new DimseError('canceled');
  const storage = request.proposals?.length ? request.proposals : storageProposals();
  const get = { abstractSyntax: SOP_CLASS.studyRootGet, transferSyntaxes: UNCOMPRESSED };
  const establishing = new AbortController();
  using cancel = new Cancellation(signal, () => establishing.abort());
  const association = await connect(peer, [get, ...storage], { signal: establishing.signal });
  try {
    const context = association.findContext(SOP_CLASS.studyRootGet);
    if (context === undefined) throw new DimseError('context-not-accepted');
    const messageID = association.nextMessageID();
    cancel.by(() => void sendCancel(association, context.id, messageID));
    await sendRequest(association, context, messageID, request);
    const result = await serve(association, messageID, sink, onProgress);
    const error = signal?.aborted ? new DimseError('canceled') : statusError(result.status, countsOf(result));
    await association.release().catch(() => undefined);
    if (error !== undefined) throw error;
    return result;
  } catch (error) {
    throw signal?.aborted ? new DimseError('canceled') : error;
  } finally {
    association.abort();
  }
}

/** Does one thing when a signal fires; which one changes as a retrieve goes on. */
class Cancellation implements Disposable {
  readonly #signal: AbortSignal | undefined;
  #action: () => void;
  readonly #listener = () => this.#action();

  constructor(signal: AbortSignal | undefined, action: () => void) {
    this.#signal = signal;
    this.#action = action;
    signal?.addEventListener('abort', this.#listener, { once: true });
  }

  by(action: () => void): void {
    this.#action = action;
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#listener);
  }
}

/** PS3.7 §9.3.2.3. The peer may be done at the same moment: then nothing is left to abort. */
async function sendCancel(
  association: Association,
  contextId: number,
  messageIDBeingRespondedTo: number,
): Promise<void> {
  const timer = setTimeout(() => association.abort(new DimseError('canceled')), CANCEL_GRACE_MS);
  void association.closed.then(() => clearTimeout(timer));
  await association
    .send(contextId, { commandField: COMMAND.cancelRequest, messageIDBeingRespondedTo })
    .catch(() => undefined);
}

async function sendRequest(
  association: Association,
  context: AcceptedContext,
  messageID: number,
  request: GetRequest,
): Promise<void> {
  const command = {
    commandField: COMMAND.getRequest,
    messageID,
    priority: 0,
    affectedSOPClassUID: SOP_CLASS.studyRootGet,
  };
  await association.send(context.id, command, [
    encodeIdentifier(request.level, request.identifier, context.transferSyntax),
  ]);
}

/** Serves the sub-operations until the final response. */
async function serve(
  association: Association,
  messageID: number,
  sink: InstanceSink,
  onProgress: ((counts: SubOperations) => void) | undefined,
): Promise<RetrieveResult> {
  for await (const message of association.receive()) {
    const { command } = message;
    if (command.commandField === COMMAND.storeRequest) {
      await receiveInstance(association, message, sink);
    } else if (command.commandField === COMMAND.getResponse && command.messageIDBeingRespondedTo === messageID) {
      const counts = subOperations(command);
      onProgress?.(counts);
      const status = command.status ?? STATUS.processingFailure;
      if (classify(status) !== 'pending') return { ...counts, status };
    } else {
      await refuse(association, message);
    }
  }
  throw new DimseError('closed-without-response');
}

async function refuse(association: Association, { contextId, command }: Message): Promise<void> {
  if (command.commandField & 0x8000) throw new DimseError('protocol-violation', { what: 'response' });
  const { messageID, affectedSOPClassUID } = command;
  await association.send(contextId, {
    commandField: command.commandField | 0x8000,
    messageIDBeingRespondedTo: messageID,
    affectedSOPClassUID,
    status: STATUS.unrecognizedOperation,
  });
}

function subOperations(command: ReceivedCommand): SubOperations {
  return {
    remaining: command.remainingSubOperations,
    completed: command.completedSubOperations,
    failed: command.failedSubOperations,
    warning: command.warningSubOperations,
  };
}

/** Counters that were given, for the facts of an error. */
export function countsOf({ completed, failed, warning }: SubOperations): Record<string, number> {
  const given = Object.entries({ completed, failed, warning }).filter(
    (entry): entry is [string, number] => entry[1] !== undefined,
  );
  return Object.fromEntries(given);
}
