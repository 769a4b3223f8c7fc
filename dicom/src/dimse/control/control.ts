import { DimseError } from '../errors.ts';
import { countsOf } from '../retrieve/get.ts';
import type { RetrieveOptions } from '../retrieve/get.ts';
import { decodeAnswer, encodeIdentifier } from '../retrieve/identifier.ts';
import { classify, STATUS, statusError } from '../status.ts';
import type { Answer, Identifier, Peer, QueryLevel, RetrieveResult, SubOperations } from '../types.ts';
import { SOP_CLASS } from '../uids.ts';
import type { ControlRequest } from './session.ts';

/** How long each step of a C-ECHO took, in ms. */
export interface EchoTimes {
  readonly connectMs: number;
  readonly associateMs: number;
  readonly echoMs: number;
}

/** dcmjs-dimse brings 50 MB and half a second with it: processes that only send and receive shall not pay for it. */
const loadLibrary = () => import('./session.ts');

/** Answers that wait for their reader before the peer is held back. */
const MAX_WAITING_ANSWERS = 1_000;

/**
 * Verifies that a peer answers (C-ECHO, PS3.4 §A.4).
 * @throws DimseError for each way it does not: `host-unknown`, `connection-refused`, `connect-timeout`, the rejections,
 * `context-not-accepted`, `silent-peer`, `aborted-by-peer`, `closed-without-response`, `status-failure`, `canceled`
 */
export async function echo(peer: Peer, { signal }: { signal?: AbortSignal } = {}): Promise<EchoTimes> {
  const { requests } = await loadLibrary();
  const start = performance.now();
  let connected = start;
  let associated = start;
  let answered = start;
  const status = await carryOut(peer, signal, {
    request: new requests.CEchoRequest(),
    onConnected: () => (connected = performance.now()),
    onAssociated: () => (associated = performance.now()),
    onResponse: () => (answered = performance.now()),
  });
  const error = statusError(status);
  if (error !== undefined) throw error;
  return { connectMs: connected - start, associateMs: associated - connected, echoMs: answered - associated };
}

/**
 * Queries a peer (C-FIND, PS3.4 §C.4.1; patient root at PATIENT level, else study root) and gives each answer as it comes, decoded by its own character set. A slow reader
 * holds the peer back. Leaving the loop early sends a C-CANCEL.
 * @param options.limit - answers after which the query is canceled.
 * @throws DimseError what `connect` throws, `context-not-accepted`, `refused-out-of-resources`, `status-failure`, `canceled`
 */
export async function* find(
  peer: Peer,
  level: QueryLevel,
  identifier: Identifier,
  { signal, limit = Infinity }: { signal?: AbortSignal; limit?: number } = {},
): AsyncGenerator<Answer, void, undefined> {
  const { ControlSession, requests } = await loadLibrary();
  if (signal?.aborted) throw new DimseError('canceled');
  const answers: Answer[] = [];
  let wake: () => void = () => undefined;
  let ended = false;
  const request = new requests.CFindRequest();
  if (level === 'PATIENT') request.setAffectedSopClassUid(SOP_CLASS.patientRootFind);
  const session = new ControlSession(peer, {
    request,
    identifier: checked(level, identifier),
    onResponse({ status, dataSet, transferSyntaxUID }) {
      if (classify(status) !== 'pending' || dataSet === undefined) return;
      answers.push(decodeAnswer(dataSet, transferSyntaxUID));
      if (answers.length >= MAX_WAITING_ANSWERS) session.pause(true);
      wake();
    },
  });
  const end = () => {
    ended = true;
    wake();
  };
  session.done.then(end, end);
  const onAbort = () => session.cancel();
  signal?.addEventListener('abort', onAbort, { once: true });
  let given = 0;
  try {
    while (given < limit) {
      if (signal?.aborted) throw new DimseError('canceled');
      const answer = answers.shift();
      if (answer !== undefined) {
        if (answers.length === MAX_WAITING_ANSWERS - 1) session.pause(false);
        given += 1;
        yield answer;
      } else if (ended) break;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    if (given >= limit) return;
    const error = statusError(await session.done);
    if (error !== undefined) throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    session.cancel();
    await session.done.catch(() => undefined);
  }
}

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
 * Asks a peer to send instances to a third (C-MOVE, study root, PS3.4 §C.4.2).
 * @returns counts and status of a success or a warning (0xB000: some sub-operations failed).
 * @throws DimseError what `connect` throws, `context-not-accepted`, `move-destination-unknown`, `refused-out-of-resources` and
 * `status-failure` with the counts in `facts`, `canceled` after a C-CANCEL
 */
export async function move(
  peer: Peer,
  { level, identifier, destinationAETitle, messageID }: MoveRequest,
  { signal, onProgress }: RetrieveOptions = {},
): Promise<RetrieveResult> {
  const { requests } = await loadLibrary();
  const request = new requests.CMoveRequest();
  request.getCommandDataset().setElement('MoveDestination', destinationAETitle);
  let counts: SubOperations = {};
  const status = await carryOut(peer, signal, {
    request,
    messageID,
    identifier: checked(level, identifier),
    onResponse({ command }) {
      counts = subOperations(command);
      onProgress?.(counts);
    },
  });
  if (signal?.aborted || status === STATUS.cancel) throw new DimseError('canceled', countsOf(counts));
  const error = statusError(status, countsOf(counts));
  if (error !== undefined) throw error;
  return { ...counts, status };
}

async function carryOut(peer: Peer, signal: AbortSignal | undefined, request: ControlRequest): Promise<number> {
  const { ControlSession } = await loadLibrary();
  if (signal?.aborted) throw new DimseError('canceled');
  const session = new ControlSession(peer, request);
  const onAbort = () => session.cancel();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await session.done;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** The identifier's encoder; a keyword or text that cannot be encoded shows before anybody is called. */
function checked(level: QueryLevel, identifier: Identifier): (transferSyntaxUID: string) => Buffer {
  encodeIdentifier(level, identifier, '1.2.840.10008.1.2');
  return (transferSyntaxUID) => encodeIdentifier(level, identifier, transferSyntaxUID);
}

function subOperations(command: Readonly<Record<string, unknown>>): SubOperations {
  const count = (keyword: string) => {
    const value = command[keyword];
    return typeof value === 'number' ? value : undefined;
  };
  return {
    remaining: count('NumberOfRemainingSuboperations'),
    completed: count('NumberOfCompletedSuboperations'),
    failed: count('NumberOfFailedSuboperations'),
    warning: count('NumberOfWarningSuboperations'),
  };
}
