import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../harness/random.ts';
import { echo } from './echo.ts';
import { DimseError } from './errors.ts';
import { ANSWERS, REQUESTS } from './peers/conversations.ts';
import { assault, closed, mutatedAnswer, mutatedRequest, suffer } from './peers/assault.ts';
import { encodePdu } from './pdu/encode.ts';
import { PDU_TYPE } from './pdu/types.ts';
import { peerAt, temporaryFolder } from './peers/peers.ts';
import { associateRequest, ScriptedSocket } from './peers/scriptedPeer.ts';
import { startStorageScp } from './store/scp.ts';
import type { StorageScpOptions } from './store/scp.ts';
import { openStoreAssociation } from './store/scu.ts';
import type { TlsClient } from './types.ts';
import { TRANSFER_SYNTAX } from './uids.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';
/** Bytes that may be held for strangers, with much to spare for the garbage of a test. */
const MEMORY = 300 * 1024 * 1024;
/** What scripts/fuzzDimse.ts left behind. */
const FOUND = new URL('corpus/', import.meta.url);
const found = existsSync(FOUND) ? readdirSync(FOUND) : [];

const pem = (name: string) => readFileSync(new URL(`../../../testing/tls/${name}`, import.meta.url), 'utf8');
const TLS = { cert: pem('server.pem'), key: pem('server.key') };
/** The beginning of a TLS handshake: a ClientHello whose rest never comes. */
const HALF_HELLO = Buffer.concat([
  Buffer.from('160301020001', 'hex'),
  Buffer.from('0001fc0303', 'hex'),
  Buffer.alloc(200),
]);

async function receiver(limits: StorageScpOptions['limits'] = {}, tls?: StorageScpOptions['tls']) {
  const folder = await temporaryFolder();
  const untyped: unknown[] = [];
  const scp = await startStorageScp({
    aeTitle: 'RX',
    host: '127.0.0.1',
    port: 0,
    authorize: () => 'accept',
    sink: {
      durability: 'written',
      begin: ({ sopInstanceUID }) => ({ path: join(folder.path, sopInstanceUID) }),
      done: () => 0,
    },
    limits,
    tls,
    onError: (error) => {
      if (!(error instanceof DimseError)) untyped.push(error);
    },
  });
  const close = async () => {
    await scp.close();
    await folder[Symbol.asyncDispose]();
  };
  return { port: scp.port, untyped, [Symbol.asyncDispose]: close };
}

/** Sends instances, each over an association of its own, until `until` settles. @returns the statuses */
async function healthyTraffic(port: number, until: Promise<unknown>, tls?: TlsClient): Promise<number[]> {
  const statuses: number[] = [];
  let done = false;
  void until.finally(() => (done = true)).catch(() => undefined);
  do {
    const proposal = { abstractSyntax: CT, transferSyntaxes: [TRANSFER_SYNTAX.explicitLittleEndian] };
    const association = await openStoreAssociation(peerAt(port, 'RX', { tls }), [proposal]);
    const { status } = await association.store({
      sopClassUID: CT,
      sopInstanceUID: '9.9',
      transferSyntaxUID: TRANSFER_SYNTAX.explicitLittleEndian,
      dataSet: [Buffer.alloc(100_000)],
    });
    statuses.push(status);
    await association.release();
  } while (!done);
  await until;
  return statuses;
}

async function connected(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describe('the receiver', () => {
  it('outlives 300 mutated conversations while healthy traffic goes on', async () => {
    await using target = await receiver({
      associationTimeoutMs: 1_000,
      responseTimeoutMs: 1_000,
      idleTimeoutMs: 1_000,
    });
    const random = new Random(1);
    const before = process.memoryUsage.rss();
    const attack = (async () => {
      for (let run = 0; run < 300; run += 1) await assault(target.port, mutatedRequest(random), random);
    })();
    expect(new Set(await healthyTraffic(target.port, attack))).toEqual(new Set([0]));
    expect(target.untyped).toEqual([]);
    expect(process.memoryUsage.rss() - before).toBeLessThan(MEMORY);
  });

  it.each(REQUESTS.map((bytes, index) => [index, bytes] as const))(
    'outlives conversation %i cut off at every byte',
    async (_index, bytes) => {
      await using target = await receiver();
      const random = new Random(2);
      const step = Math.ceil(bytes.length / 150);
      for (let length = 0; length <= bytes.length; length += step) {
        await assault(target.port, bytes.subarray(0, length), random);
      }
      await echo(peerAt(target.port, 'RX'));
      expect(target.untyped).toEqual([]);
    },
  );

  it.each(found.filter((name) => name.startsWith('request')))('outlives %s, once found by the fuzzer', async (name) => {
    await using target = await receiver();
    await assault(target.port, readFileSync(new URL(name, FOUND)), new Random(3));
    await echo(peerAt(target.port, 'RX'));
    expect(target.untyped).toEqual([]);
  });

  it('lets others in although 1,000 connections say nothing', async () => {
    await using target = await receiver();
    const before = process.memoryUsage.rss();
    const idle: Socket[] = [];
    for (let count = 0; count < 1_000; count += 1) idle.push(await connected(target.port));
    expect(new Set(await healthyTraffic(target.port, Promise.resolve()))).toEqual(new Set([0]));
    expect(process.memoryUsage.rss() - before).toBeLessThan(MEMORY);
    for (const socket of idle) socket.destroy();
  });

  it.each([
    ['in the clear', undefined, REQUESTS[0] ?? Buffer.alloc(0)],
    ['with half of a TLS handshake', TLS, HALF_HELLO],
  ])(
    'lets others in while 200 connections send a byte now and then, and is rid of these in time, %s',
    async (_name, tls, request) => {
      await using target = await receiver({ associationTimeoutMs: 1_500 }, tls);
      const slow = await Promise.all(Array.from({ length: 200 }, () => connected(target.port)));
      const gone = Promise.all(
        slow.map((socket) => {
          let sent = 0;
          const drip = setInterval(() => socket.write(request.subarray(sent, ++sent)), 100);
          socket.resume();
          return closed(socket).finally(() => clearInterval(drip));
        }),
      );
      const ours = tls && { ca: pem('ca.pem') };
      expect(new Set(await healthyTraffic(target.port, gone, ours))).toEqual(new Set([0]));
    },
  );

  it('answers 128 contexts with 100 transfer syntaxes each, and UIDs with all the padding there is room for', async () => {
    await using target = await receiver();
    const transferSyntaxes = Array.from({ length: 100 }, (_, index) => `1.2.840.10008.1.2.${index}`);
    const padded = `1.2${' '.repeat(60_000)}3`;
    const plain = associateRequest([]);
    for (const contexts of [
      Array.from({ length: 128 }, (_, index) => ({ id: 2 * index + 1, abstractSyntax: CT, transferSyntaxes })),
      Array.from({ length: 15 }, (_, index) => ({
        id: 2 * index + 1,
        abstractSyntax: padded,
        transferSyntaxes: ['1'],
      })),
    ]) {
      await using peer = await ScriptedSocket.to(target.port);
      peer.write(encodePdu({ ...plain, contexts }));
      expect((await peer.pdu())?.[0]).toBe(PDU_TYPE.associateAccept);
    }
  });

  it.each([0x01, 0x04])('does not believe a length of 4 GB in a PDU of type %i', async (type) => {
    await using target = await receiver();
    const [request = Buffer.alloc(0)] = REQUESTS;
    const associate = type === 4 ? request.subarray(0, 6 + request.readUInt32BE(2)) : Buffer.alloc(0);
    const before = process.memoryUsage.rss();
    const header = Buffer.of(type, 0, 0xff, 0xff, 0xff, 0xff);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        assault(target.port, Buffer.concat([associate, header, Buffer.alloc(2_000_000)]), new Random(index)),
      ),
    );
    expect(process.memoryUsage.rss() - before).toBeLessThan(MEMORY);
    await echo(peerAt(target.port, 'RX'));
  });
});

describe('a requestor', () => {
  it.each(Object.entries(ANSWERS))('takes what a well-behaved peer answers to %s', async (operation, bytes) => {
    expect(await suffer(operation as keyof typeof ANSWERS, bytes, 10_000)).toBe('done');
  });

  it('ends with a result or a cause whatever the peer answers', async () => {
    const random = new Random(4);
    const outcomes = new Set<string>();
    for (let run = 0; run < 200; run += 1) {
      const { operation, bytes } = mutatedAnswer(random);
      outcomes.add(await suffer(operation, bytes));
    }
    expect([...outcomes]).toEqual(expect.arrayContaining(['done', 'protocol-violation', 'silent-peer']));
  });

  it.each(found.filter((name) => name.startsWith('answer')))('outlives %s, once found by the fuzzer', async (name) => {
    const [, operation] = name.split('-');
    const outcome = suffer(operation as keyof typeof ANSWERS, readFileSync(new URL(name, FOUND)));
    expect(await outcome).toBeTypeOf('string');
  });
});
