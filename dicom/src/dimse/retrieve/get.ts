import { COMMAND } from '../command.ts';
import { Operation, refuse } from '../operation.ts';
import type { Serve } from '../operation.ts';
import { encodeIdentifier } from '../query/identifier.ts';
import { classify } from '../status.ts';
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
import { queryRetrieveClasses, UNCOMPRESSED } from '../uids.ts';
import { retrieveResult, subOperations } from './counts.ts';
import { storageProposals } from './proposals.ts';

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
 * Gets instances over one association (C-GET, patient root at PATIENT level, else study root, PS3.4 §C.4.3): they arrive as C-STORE sub-operations on it and go byte-exact to the
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
  const storage = request.proposals?.length ? request.proposals : storageProposals();
  const proposal = { abstractSyntax: queryRetrieveClasses(request.level).get, transferSyntaxes: UNCOMPRESSED };
  await using operation = await Operation.open(peer, [proposal, ...storage], { signal });
  const { context } = operation;
  const command = { commandField: COMMAND.getRequest, affectedSOPClassUID: context.abstractSyntax, priority: 0 };
  await operation.request(command, encodeIdentifier(request.level, request.identifier, context.transferSyntax));
  const serve: Serve = (association, message) =>
    message.command.commandField === COMMAND.storeRequest
      ? receiveInstance(association, message, sink)
      : refuse(association, message);
  for (;;) {
    const response = await operation.response(serve);
    const counts = subOperations(response.command);
    onProgress?.(counts);
    if (classify(response.status) !== 'pending') return retrieveResult(response.status, counts);
  }
}
