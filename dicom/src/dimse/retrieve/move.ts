import { COMMAND } from '../command.ts';
import { Operation } from '../operation.ts';
import { encodeIdentifier } from '../query/identifier.ts';
import { classify } from '../status.ts';
import type { Identifier, Peer, QueryLevel, RetrieveResult } from '../types.ts';
import { queryRetrieveClasses, UNCOMPRESSED } from '../uids.ts';
import { retrieveResult, subOperations } from './counts.ts';
import type { RetrieveOptions } from './get.ts';

/** What to move, and to whom. */
export interface MoveRequest {
  readonly level: QueryLevel;
  /** Unique keys: StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID. */
  readonly identifier: Identifier;
  /** The AE title by which the peer knows the receiver. */
  readonly destinationAETitle: string;
  /** (0000,0110), 1 to 65535; comes back as Move Originator Message ID in the sub-operations. 1 if it is left out. */
  readonly messageID?: number;
}

/**
 * Asks a peer to send instances to a third (C-MOVE, patient root at PATIENT level, else study root, PS3.4 §C.4.2).
 * @returns counts and status of a success or a warning (0xB000: some sub-operations failed).
 * @throws DimseError what `connect` throws, `context-not-accepted`, `move-destination-unknown`, `refused-out-of-resources` and
 * `status-failure` with the counts in `facts`, `canceled` after a C-CANCEL
 */
export async function move(
  peer: Peer,
  { level, identifier, destinationAETitle, messageID }: MoveRequest,
  { signal, onProgress }: RetrieveOptions = {},
): Promise<RetrieveResult> {
  const proposal = { abstractSyntax: queryRetrieveClasses(level).move, transferSyntaxes: UNCOMPRESSED };
  await using operation = await Operation.open(peer, [proposal], { signal, messageID });
  const { context } = operation;
  const command = {
    commandField: COMMAND.moveRequest,
    affectedSOPClassUID: context.abstractSyntax,
    moveDestination: destinationAETitle,
    priority: 0,
  };
  await operation.request(command, encodeIdentifier(level, identifier, context.transferSyntax));
  for (;;) {
    const response = await operation.response();
    const counts = subOperations(response.command);
    onProgress?.(counts);
    if (classify(response.status) !== 'pending') return retrieveResult(response.status, counts);
  }
}
