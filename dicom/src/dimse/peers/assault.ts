import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mutate } from '../../harness/mutate.ts';
import type { Random } from '../../harness/random.ts';
import { echo } from '../echo.ts';
import { DimseError } from '../errors.ts';
import { encodePdu } from '../pdu/encode.ts';
import { PDU_TYPE } from '../pdu/types.ts';
import { find } from '../query/find.ts';
import { getInstances } from '../retrieve/get.ts';
import { move } from '../retrieve/move.ts';
import { openStoreAssociation } from '../store/scu.ts';
import type { InstanceSink, Peer } from '../types.ts';
import { TRANSFER_SYNTAX } from '../uids.ts';
import { ANSWERS, REQUESTS } from './conversations.ts';
import { peerAt } from './peers.ts';
import { scriptedServer } from './scriptedPeer.ts';
import type { ScriptedSocket } from './scriptedPeer.ts';

/** Peers that say something wrong: mutated conversations with our listener and with our requests. */

/** Longest that one of them takes, in ms. */
const DEADLINE_MS = 20_000;
/** How long a mutated peer is waited for, in ms. */
const PATIENCE_MS = 60;
const REFUSED = 0xa700;

/** A mutated conversation of a requestor. */
export function mutatedRequest(random: Random): Buffer {
  return mutatePart(random.pick(REQUESTS), random, REQUESTS);
}

/** A mutated conversation of an acceptor, and what it is an answer to. */
export function mutatedAnswer(random: Random): { readonly operation: keyof typeof ANSWERS; readonly bytes: Buffer } {
  const operation = random.pick(Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]);
  return { operation, bytes: mutatePart(ANSWERS[operation], random, Object.values(ANSWERS)) };
}

/** Damages the A-ASSOCIATE, or what follows it, or both: behind a broken one nothing else is read. */
function mutatePart(bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  const associate = 6 + bytes.readUInt32BE(2);
  if (random.chance(0.1)) return mutate(bytes, random, others);
  const [first, rest] = [bytes.subarray(0, associate), bytes.subarray(associate)];
  return random.chance(0.4)
    ? Buffer.concat([mutate(first, random, others), rest])
    : Buffer.concat([first, mutate(rest, random, others)]);
}

/** Settles when a socket is closed, however. @throws Error when it is not in time */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the connection stays open')), DEADLINE_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Says something to a listener in pieces and leaves; settles when the connection is gone. @throws Error when it stays */
export async function assault(port: number, bytes: Buffer, random: Random): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  const gone = closed(socket);
  await Promise.race([once(socket, 'connect').catch(() => undefined), gone]);
  socket.resume();
  for (let at = 0; at < bytes.length && socket.writable;) {
    const length = 1 + random.below(bytes.length - at);
    socket.write(bytes.subarray(at, at + length));
    at += length;
  }
  if (random.chance(0.25)) socket.destroy();
  else socket.end();
  await gone;
}

/**
 * Carries out an operation whose peer answers these bytes.
 * @param patienceMs - how long the peer is waited for.
 * @returns the reason of its failure, `done` without one
 */
export async function suffer(
  operation: keyof typeof ANSWERS,
  bytes: Buffer,
  patienceMs = PATIENCE_MS,
): Promise<string> {
  await using server = await scriptedServer(async (peer: ScriptedSocket) => {
    await peer.pdu();
    peer.write(bytes);
    for (let pdu = await peer.pdu(); pdu !== undefined; pdu = await peer.pdu()) {
      if (pdu[0] === PDU_TYPE.releaseRequest) peer.write(encodePdu({ kind: 'release-reply' }));
    }
  });
  try {
    await OPERATIONS[operation](patient(server.port, patienceMs));
    return 'done';
  } catch (error) {
    if (error instanceof DimseError) return error.reason;
    throw error;
  }
}

function patient(port: number, ms: number): Peer {
  return peerAt(port, 'ANY', { associationTimeoutMs: ms, responseTimeoutMs: ms, idleTimeoutMs: ms });
}

const identifier = { StudyInstanceUID: '1.2' };
const sink: InstanceSink = {
  durability: 'written',
  begin: ({ sopInstanceUID }) =>
    sopInstanceUID.length % 2 === 0 ? { refuse: REFUSED } : { path: join(tmpdir(), `viaduct-assault-${process.pid}`) },
  done: () => 0,
};
const storage = {
  abstractSyntax: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxes: [TRANSFER_SYNTAX.implicitLittleEndian],
};

const OPERATIONS: Readonly<Record<keyof typeof ANSWERS, (peer: Peer) => Promise<unknown>>> = {
  echo: (peer) => echo(peer),
  async find(peer) {
    for await (const answer of find(peer, 'STUDY', identifier)) if (answer['None']) break;
  },
  get: (peer) => getInstances(peer, { level: 'STUDY', identifier, proposals: [{ ...storage, scpRole: true }] }, sink),
  move: (peer) => move(peer, { level: 'STUDY', identifier, destinationAETitle: 'X' }),
  async store(peer) {
    const association = await openStoreAssociation(peer, [storage]);
    try {
      const [transferSyntaxUID = ''] = storage.transferSyntaxes;
      const dataSet = [Buffer.alloc(50_000)];
      await association.store({
        sopClassUID: storage.abstractSyntax,
        sopInstanceUID: '1.2',
        transferSyntaxUID,
        dataSet,
      });
      await association.release();
    } finally {
      association.abort();
    }
  },
};
