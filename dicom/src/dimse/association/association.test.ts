import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { COMMAND, encodeCommand } from '../command.ts';
import type { Command } from '../command.ts';
import type { DimseError } from '../errors.ts';
import { encodePdu } from '../pdu/encode.ts';
import { REJECTION } from '../pdu/types.ts';
import { freePort, peerAt, until } from '../peers/peers.ts';
import {
  acceptOne,
  associateAccept,
  associateRequest,
  dataPdu,
  messagePdus,
  scriptedServer,
  ScriptedSocket,
} from '../peers/scriptedPeer.ts';
import { SOP_CLASS, UNCOMPRESSED } from '../uids.ts';
import type { Association } from './association.ts';
import { connect } from './connect.ts';
import { listen } from './listen.ts';
import type { ListenOptions } from './listen.ts';

const verification = [{ abstractSyntax: SOP_CLASS.verification, transferSyntaxes: UNCOMPRESSED }];
const echoRequest: Command = {
  commandField: COMMAND.echoRequest,
  messageID: 1,
  affectedSOPClassUID: SOP_CLASS.verification,
};
const echoResponse: Command = { commandField: COMMAND.echoResponse, messageIDBeingRespondedTo: 1, status: 0 };
const patience = { connectTimeoutMs: 300, associationTimeoutMs: 300, responseTimeoutMs: 300, idleTimeoutMs: 300 };

async function outcome(action: Promise<unknown>): Promise<unknown> {
  return action.then(
    () => 'no error',
    (error: DimseError) => error.reason,
  );
}

/** A listener that answers every message with success and counts the bytes of data sets. */
async function startAnswering(options: Partial<ListenOptions> = {}) {
  const seen: { bytes: number; errors: unknown[]; served: number } = { bytes: 0, errors: [], served: 0 };
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    authorize: () => 'accept',
    negotiate: ({ transferSyntaxes }) => transferSyntaxes[0] ?? 4,
    async serve(association) {
      for await (const { contextId, command, dataSet } of association.receive()) {
        await dataSet?.pour(({ length }) => void (seen.bytes += length));
        await association.send(contextId, {
          commandField: command.commandField | 0x8000,
          messageIDBeingRespondedTo: command.messageID,
          status: 0,
        });
      }
      seen.served += 1;
    },
    onError: (error) => seen.errors.push(error),
    ...options,
  });
  return { listener, seen, [Symbol.asyncDispose]: () => listener.close() };
}

async function echoOver(association: Association): Promise<number | undefined> {
  await association.send(1, echoRequest);
  return (await association.next())?.command.status;
}

describe('an association', () => {
  it('carries messages both ways and is released in order', async () => {
    await using answering = await startAnswering();
    const association = await connect(peerAt(answering.listener.port), verification);
    expect(await echoOver(association)).toBe(0);
    await association.send(1, { ...echoRequest, commandField: COMMAND.storeRequest }, [
      randomBytes(1_000_001),
      Buffer.alloc(3),
    ]);
    expect((await association.next())?.command.status).toBe(0);
    expect(answering.seen.bytes).toBe(1_000_004);
    await association.release();
    await association.closed;
    await until(() => answering.seen.served === 1);
    expect(answering.seen.errors).toEqual([]);
  });

  it('waits for its throttle before it sends and after it has read', async () => {
    await using answering = await startAnswering();
    const taken: number[] = [];
    let open = Promise.resolve();
    const throttle = async (bytes: number) => {
      taken.push(bytes);
      await open;
    };
    const association = await connect({ ...peerAt(answering.listener.port), throttle }, verification);
    const { promise, resolve } = Promise.withResolvers<void>();
    open = promise;
    const sent = association.send(1, { ...echoRequest, commandField: COMMAND.storeRequest }, [Buffer.alloc(1_000)]);
    await until(() => taken.length === 3);
    expect(answering.seen.bytes).toBe(0);
    resolve();
    await sent;
    expect((await association.next())?.command.status).toBe(0);
    expect(answering.seen.bytes).toBe(1_000);
    // Request and answer, of the association and of the store.
    expect(taken.length).toBeGreaterThanOrEqual(4);
    expect(taken[2]).toBeGreaterThan(1_000);
    await association.release();
  });

  it.each([16_384, 128, 8])('keeps to PDUs of %i bytes', async (maxLength) => {
    const accept = associateAccept([1]);
    const lengths: number[] = [];
    await using server = await scriptedServer(async (peer) => {
      await peer.pdu();
      peer.write(encodePdu({ ...accept, user: { ...accept.user, maxLength } }));
      for (let pdu = await peer.pdu(); pdu !== undefined; pdu = await peer.pdu()) {
        lengths.push(pdu.length - 6);
        if (((pdu[11] ?? 0) & 3) === 2) peer.write(messagePdus(1, echoResponse));
      }
    });
    const association = await connect(peerAt(server.port), verification);
    await association.send(1, echoRequest, [Buffer.alloc(3000)]);
    await association.next();
    association.abort();
    expect(Math.max(...lengths)).toBeLessThanOrEqual(maxLength);
  });

  it('holds a fast sender back while nobody reads', async () => {
    let release: () => void = () => undefined;
    const reading = new Promise<void>((resolve) => (release = resolve));
    let received = 0;
    await using answering = await startAnswering({
      async serve(association) {
        for await (const { contextId, dataSet } of association.receive()) {
          await reading;
          await dataSet?.pour(({ length }) => void (received += length));
          await association.send(contextId, echoResponse);
        }
      },
    });
    const association = await connect(peerAt(answering.listener.port), verification);
    const size = 64 * 1024 * 1024;
    let sent = false;
    const sending = association.send(1, echoRequest, [Buffer.alloc(size)]).then(() => (sent = true));
    const start = process.memoryUsage().arrayBuffers;
    await echoElsewhere(answering.listener.port, release, () => sent);
    expect(process.memoryUsage().arrayBuffers - start).toBeLessThan(48 * 1024 * 1024);
    await sending;
    await association.next();
    expect(received).toBe(size);
    await association.release();
  });

  /** Some round trips' time in which a sender without back pressure would have ended. */
  async function echoElsewhere(port: number, release: () => void, hasSent: () => boolean): Promise<void> {
    for (let round = 0; round < 30; round += 1) {
      const other = await connect(peerAt(port), verification);
      other.abort();
    }
    expect(hasSent()).toBe(false);
    release();
  }

  it('ends with canceled when its signal fires, whatever it waits for', async () => {
    await using server = await scriptedServer(acceptOne);
    const controller = new AbortController();
    const association = await connect(peerAt(server.port), verification, { signal: controller.signal });
    const waiting = outcome(association.next());
    controller.abort();
    expect(await waiting).toBe('canceled');
    await association.closed;
  });

  it('reads what came before the peer aborted', async () => {
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer);
      await peer.pdu();
      peer.write(messagePdus(1, echoResponse), encodePdu({ kind: 'abort', source: 2, reason: 1 }));
    });
    const association = await connect(peerAt(server.port), verification);
    expect(await echoOver(association)).toBe(0);
    await association.closed;
    expect(await outcome(association.next())).toBe('aborted-by-peer');
    expect(association.failure?.facts).toEqual({ source: 2, reason: 1 });
  });
});

describe('a requestor', () => {
  it.each([
    ['calling-ae-rejected', REJECTION.callingAETitle],
    ['called-ae-rejected', REJECTION.calledAETitle],
    ['association-rejected', REJECTION.noReason],
    ['association-rejected-transient', REJECTION.temporaryCongestion],
  ])('reports %s', async (reason, rejection) => {
    await using answering = await startAnswering({ authorize: () => rejection });
    expect(await outcome(connect(peerAt(answering.listener.port), verification))).toBe(reason);
  });

  it('reports a closed port, an unknown host, and a signal that has fired', async () => {
    const closed = peerAt(await freePort());
    expect(await outcome(connect(closed, verification))).toBe('connection-refused');
    expect(await outcome(connect({ ...closed, host: 'nowhere.invalid' }, verification))).toBe('host-unknown');
    expect(await outcome(connect(closed, verification, { signal: AbortSignal.abort() }))).toBe('canceled');
  });

  const silent = async () => undefined;
  it.each([
    ['before the answer', silent],
    ['in the middle of the answer', async (peer: ScriptedSocket) => peer.write(Buffer.from('0200000000', 'hex'))],
    ['before the response', acceptOne],
    [
      'in the middle of a response',
      async (peer: ScriptedSocket) => {
        await acceptOne(peer);
        peer.write(messagePdus(1, echoResponse).subarray(0, 20));
      },
    ],
    [
      'in the middle of a data set',
      async (peer: ScriptedSocket) => {
        await acceptOne(peer);
        peer.write(messagePdus(1, echoResponse, Buffer.alloc(100)).subarray(0, -10));
      },
    ],
  ])('gives up on a peer that is silent %s', async (_name, script) => {
    await using server = await scriptedServer(script);
    expect(await outcome(exchange(server.port))).toBe('silent-peer');
  });

  it.each([
    ['instead of an answer', async (peer: ScriptedSocket) => void peer.socket.end()],
    [
      'instead of a response',
      async (peer: ScriptedSocket) => {
        await acceptOne(peer);
        await peer.pdu();
        peer.socket.end();
      },
    ],
    [
      'in the middle of a data set',
      async (peer: ScriptedSocket) => {
        await acceptOne(peer);
        peer.write(messagePdus(1, echoResponse, Buffer.alloc(100)).subarray(0, -10));
        peer.socket.end();
      },
    ],
  ])('reports a peer that closes %s', async (_name, script) => {
    await using server = await scriptedServer(script);
    expect(await outcome(exchange(server.port))).toBe('closed-without-response');
  });

  it.each([
    ['an A-ASSOCIATE-RQ', encodePdu(associateRequest(['1.2']))],
    ['data of an unknown context', Buffer.concat([encodePdu(associateAccept([1])), messagePdus(9, echoResponse)])],
    ['a release reply', Buffer.concat([encodePdu(associateAccept([1])), encodePdu({ kind: 'release-reply' })])],
    ['data without a command', Buffer.concat([encodePdu(associateAccept([1])), dataPdu(1, false, Buffer.alloc(4))])],
    ['a 4 GB PDU', Buffer.concat([encodePdu(associateAccept([1])), Buffer.from('0400ffffffff', 'hex')])],
    ['a 4 GB answer', Buffer.from('0200ffffffff00', 'hex')],
    [
      'a 4 GB fragment',
      Buffer.concat([encodePdu(associateAccept([1])), Buffer.from('040000000064ffffffff0103', 'hex')]),
    ],
    [
      'a 4 GB PDU inside a data set',
      Buffer.concat([
        encodePdu(associateAccept([1])),
        dataPdu(1, true, encodeCommand(echoResponse, true)),
        dataPdu(1, false, Buffer.alloc(4), false),
        Buffer.from('0400ffffffff', 'hex'),
      ]),
    ],
    [
      'a command inside a data set',
      Buffer.concat([
        encodePdu(associateAccept([1])),
        dataPdu(1, true, encodeCommand(echoResponse, true)),
        messagePdus(1, echoResponse),
      ]),
    ],
  ])('aborts when the peer sends %s', async (_name, bytes) => {
    let last: Buffer | undefined;
    await using server = await scriptedServer(async (peer) => {
      await peer.pdu();
      peer.write(bytes.subarray(0, 7));
      peer.write(bytes.subarray(7));
      for (let pdu = await peer.pdu(); pdu !== undefined; pdu = await peer.pdu()) last = pdu;
    });
    expect(await outcome(exchange(server.port))).toBe('protocol-violation');
    await until(() => last?.[0] === 0x07);
  });

  async function exchange(port: number): Promise<void> {
    const association = await connect(peerAt(port, 'ANY', patience), verification);
    await association.send(1, echoRequest);
    const message = await association.next();
    await message?.dataSet?.bytes();
    await association.release();
  }
});

describe('a listener', () => {
  const echoPdus = [encodePdu(associateRequest([SOP_CLASS.verification])), messagePdus(1, echoRequest)] as const;

  it('serves a peer that sends single bytes', async () => {
    await using answering = await startAnswering();
    await using peer = await ScriptedSocket.to(answering.listener.port);
    for (const byte of echoPdus[0]) peer.write(Buffer.of(byte));
    expect((await peer.pdu())?.[0]).toBe(0x02);
    for (const byte of echoPdus[1]) peer.write(Buffer.of(byte));
    expect((await peer.pdu())?.[0]).toBe(0x04);
    peer.write(encodePdu({ kind: 'release-request' }));
    expect((await peer.pdu())?.[0]).toBe(0x06);
    expect(await peer.pdu()).toBeUndefined();
  });

  it('serves several messages in one chunk, commands cut into fragments', async () => {
    await using answering = await startAnswering();
    await using peer = await ScriptedSocket.to(answering.listener.port);
    peer.write(echoPdus[0]);
    await peer.pdu();
    const command = messagePdus(1, echoRequest).subarray(12);
    const cut = Buffer.concat([
      dataPdu(1, true, command.subarray(0, 10), false),
      dataPdu(1, true, command.subarray(10, 11), false),
      dataPdu(1, true, command.subarray(11)),
    ]);
    peer.write(Buffer.concat([cut, echoPdus[1], cut]));
    for (let count = 0; count < 3; count += 1) expect((await peer.pdu())?.[0]).toBe(0x04);
  });

  it.each([
    ['data before the association', echoPdus[1]],
    ['a release before the association', encodePdu({ kind: 'release-request' })],
    ['junk', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a 4 GB A-ASSOCIATE-RQ', Buffer.from('0100ffffffff', 'hex')],
    ['an A-ASSOCIATE-AC', encodePdu(associateAccept([1]))],
  ])('aborts over %s and lives', async (_name, bytes) => {
    await using answering = await startAnswering();
    await using peer = await ScriptedSocket.to(answering.listener.port);
    peer.write(bytes);
    expect((await peer.pdu())?.[0]).toBe(0x07);
    expect(await peer.pdu()).toBeUndefined();
    expect(await echoOver(await connect(peerAt(answering.listener.port), verification))).toBe(0);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['half a request', echoPdus[0].subarray(0, 40)],
    ['nothing after the association', echoPdus[0]],
    ['half a command', Buffer.concat([echoPdus[0], echoPdus[1].subarray(0, 20)])],
  ])('does not wait for ever for a peer that sends %s', async (_name, bytes) => {
    await using answering = await startAnswering({ limits: { ...patience } });
    await using peer = await ScriptedSocket.to(answering.listener.port);
    peer.write(bytes.subarray(0, echoPdus[0].length));
    if (bytes.length >= echoPdus[0].length) expect((await peer.pdu())?.[0]).toBe(0x02);
    peer.write(bytes.subarray(echoPdus[0].length));
    expect((await peer.pdu())?.[0]).toBe(0x07);
    await until(() => answering.listener.associations.size === 0);
  });

  it('takes a half-close for the end', async () => {
    await using answering = await startAnswering();
    await using peer = await ScriptedSocket.to(answering.listener.port);
    peer.write(echoPdus[0]);
    await peer.pdu();
    peer.socket.end();
    expect(await peer.pdu()).toBeUndefined();
    await until(() => answering.seen.errors.length === 1);
    expect(answering.seen.errors).toMatchObject([{ reason: 'closed-without-response' }]);
  });

  it('rejects other application contexts, protocol versions, and more associations than its limit', async () => {
    await using answering = await startAnswering({ limits: { maxAssociations: 1 } });
    const answerTo = async (changes: Parameters<typeof associateRequest>[1]) => {
      await using peer = await ScriptedSocket.to(answering.listener.port);
      peer.write(encodePdu(associateRequest([SOP_CLASS.verification], changes)));
      const pdu = await peer.pdu();
      await until(() => peer.socket.destroyed || pdu?.[0] !== 0x03);
      return [...(pdu?.subarray(0, 1) ?? []), ...(pdu?.subarray(7, 10) ?? [])];
    };
    expect(await answerTo({ applicationContext: '1.2' })).toEqual([3, 1, 1, 2]);
    await until(() => answering.listener.associations.size === 0);
    expect(await answerTo({ protocolVersion: 2 })).toEqual([3, 1, 2, 2]);
    await until(() => answering.listener.associations.size === 0);
    const open = await connect(peerAt(answering.listener.port), verification);
    expect(await answerTo({})).toEqual([3, 2, 3, 2]);
    expect(await echoOver(open)).toBe(0);
  });
});
