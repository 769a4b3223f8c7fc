import { COMMAND } from '../command.ts';
import { DimseError } from '../errors.ts';
import { Operation } from '../operation.ts';
import { classify, statusError } from '../status.ts';
import type { Answer, Identifier, Peer, QueryLevel } from '../types.ts';
import { queryRetrieveClasses, UNCOMPRESSED } from '../uids.ts';
import { decodeAnswer, encodeIdentifier } from './identifier.ts';

/** How a query is made. */
export interface FindOptions {
  /** Sends C-CANCEL; the association is aborted if the peer goes on for more than 2 s. */
  readonly signal?: AbortSignal;
  /** Answers after which the query is canceled. */
  readonly limit?: number;
  /**
   * Asks for relational queries (PS3.4 §C.4.1.1.2): keys of levels above need not be unique.
   * A peer that does not grant them is `context-not-accepted`.
   */
  readonly relational?: boolean;
  /** Asks for fuzzy matching of person names (PS3.4 §C.4.1.1.3.1); a peer that does not grant it matches as always. */
  readonly fuzzyNames?: boolean;
}

/**
 * Queries a peer (C-FIND, patient root at PATIENT level, else study root, PS3.4 §C.4.1) and gives each answer as it comes, decoded by its own character set. A slow reader
 * holds the peer back. Leaving the loop early sends a C-CANCEL.
 * @throws DimseError what `connect` throws, `context-not-accepted`, `refused-out-of-resources`, `status-failure`, `canceled`
 */
export async function* find(
  peer: Peer,
  level: QueryLevel,
  identifier: Identifier,
  options: FindOptions = {},
): AsyncGenerator<Answer, void, undefined> {
  const { signal, limit = Infinity, relational = false, fuzzyNames = false } = options;
  // What cannot be encoded shows before anybody is called.
  encodeIdentifier(level, identifier, UNCOMPRESSED[0] ?? '');
  const proposal = {
    abstractSyntax: queryRetrieveClasses(level).find,
    transferSyntaxes: UNCOMPRESSED,
    ...((relational || fuzzyNames) && { extended: extendedInformation(relational, fuzzyNames) }),
  };
  await using operation = await Operation.open(peer, [proposal], { signal });
  const { association, context } = operation;
  if (relational && association.extendedInformation(context.abstractSyntax)?.[0] !== 1) {
    throw new DimseError('context-not-accepted', { what: 'relational-queries' });
  }
  const command = { commandField: COMMAND.findRequest, affectedSOPClassUID: context.abstractSyntax, priority: 0 };
  await operation.request(command, encodeIdentifier(level, identifier, context.transferSyntax));
  let given = 0;
  while (given < limit) {
    const { status, dataSet } = await operation.response();
    if (classify(status) !== 'pending') {
      const error = statusError(status);
      if (error !== undefined) throw error;
      return;
    }
    if (dataSet === undefined) continue;
    given += 1;
    yield decodeAnswer(await dataSet.bytes(), context.transferSyntax);
  }
}

/** PS3.4 §C.5.1.1.1: relational, combined date and time, fuzzy names, time zone adjustment. */
function extendedInformation(relational: boolean, fuzzyNames: boolean): Buffer {
  return Buffer.of(relational ? 1 : 0, 0, fuzzyNames ? 1 : 0, 0);
}
