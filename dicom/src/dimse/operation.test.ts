import { describe, expect, it } from 'vitest';
import { echo } from './echo.ts';
import { COMMAND, encodeCommand } from './command.ts';
import { encodePdu } from './pdu/encode.ts';
import { freePort, peerAt, until } from './peers/peers.ts';
import { acceptOne, associateAccept, dataPdu, messagePdus, scriptedServer } from './peers/scriptedPeer.ts';
import type { ScriptedSocket } from './peers/scriptedPeer.ts';
import { getInstances } from './retrieve/get.ts';
import { encodeIdentifier } from './query/identifier.ts';
import type { InstanceSink } from './types.ts';
import { TRANSFER_SYNTAX } from './uids.ts';
import { find } from './query/find.ts';
import { move } from './retrieve/move.ts';

const noSink: InstanceSink = { begin: () => ({ refuse: 0xa700 }), done: () => 0 };

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('with a peer that misbehaves', () => {
  const patience = { associationTimeoutMs: 300, responseTimeoutMs: 300, idleTimeoutMs: 300 };
  const implicit = TRANSFER_SYNTAX.implicitLittleEndian;

  const requests: readonly [string, (port: number, signal?: AbortSignal) => Promise<unknown>][] = [
    ['echo', (port, signal) => echo(peerAt(port, 'ANY', patience), { signal })],
    ['find', (port, signal) => all(find(peerAt(port, 'ANY', patience), 'STUDY', { PatientName: '' }, { signal }))],
    [
      'move',
      (port, signal) =>
        move(
          peerAt(port, 'ANY', patience),
          { level: 'STUDY', identifier: { StudyInstanceUID: '1' }, destinationAETitle: 'X' },
          { signal },
        ),
    ],
    [
      'get',
      (port, signal) =>
        getInstances(peerAt(port, 'ANY', patience), { level: 'STUDY', identifier: { StudyInstanceUID: '1' } }, noSink, {
          signal,
        }),
    ],
  ];

  it.each(requests)(
    '%s reports silence, a close, an abort, a refused context, and a rejection',
    async (_name, request) => {
      const outcomes: [string, (peer: ScriptedSocket) => Promise<void>][] = [
        ['silent-peer', async () => undefined],
        ['silent-peer', (peer) => acceptOne(peer, implicit)],
        ['closed-without-response', async (peer) => void peer.socket.end()],
        [
          'closed-without-response',
          async (peer) => {
            await acceptOne(peer, implicit);
            await peer.pdu();
            peer.socket.destroy();
          },
        ],
        [
          'aborted-by-peer',
          async (peer) => {
            await acceptOne(peer, implicit);
            await peer.pdu();
            peer.write(encodePdu({ kind: 'abort', source: 2, reason: 0 }));
          },
        ],
        [
          'context-not-accepted',
          async (peer) => {
            await peer.pdu();
            peer.write(
              encodePdu({ ...associateAccept([]), contexts: [{ id: 1, result: 3, transferSyntax: implicit }] }),
            );
            await peer.pdu();
            peer.socket.end();
          },
        ],
        [
          'calling-ae-rejected',
          async (peer) => {
            await peer.pdu();
            peer.write(encodePdu({ kind: 'associate-reject', result: 1, source: 1, reason: 3 }));
          },
        ],
      ];
      for (const [reason, script] of outcomes) {
        await using server = await scriptedServer(script);
        await expect(request(server.port), reason).rejects.toMatchObject({ reason });
      }
      await expect(request(await freePort())).rejects.toMatchObject({ reason: 'connection-refused' });
    },
  );

  it.each(requests)('%s is canceled by its signal although the peer does not answer', async (_name, request) => {
    const controller = new AbortController();
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer, implicit);
      await peer.pdu();
      controller.abort();
    });
    await expect(request(server.port, controller.signal)).rejects.toMatchObject({ reason: 'canceled' });
  });

  it.each([
    [0xa801, 'move-destination-unknown'],
    [0xa702, 'refused-out-of-resources'],
    [0xc001, 'status-failure'],
    [0xfe00, 'canceled'],
  ])('move maps status %i', async (status, reason) => {
    const response = {
      commandField: COMMAND.moveResponse,
      messageIDBeingRespondedTo: 1,
      status,
      failedSubOperations: 3,
    };
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer, implicit);
      await peer.pdu();
      await peer.pdu();
      peer.write(messagePdus(1, response));
      await peer.pdu();
      peer.write(encodePdu({ kind: 'release-reply' }));
    });
    const request = { level: 'STUDY', identifier: { StudyInstanceUID: '1' }, destinationAETitle: 'X' } as const;
    await expect(move(peerAt(server.port), request)).rejects.toMatchObject({ reason });
  });

  it('find takes answers with status FF01, several in one PDU, in their own character set', async () => {
    const pending = { commandField: COMMAND.findResponse, messageIDBeingRespondedTo: 1, status: 0xff01 };
    const answer = encodeIdentifier(
      'STUDY',
      { SpecificCharacterSet: ['', 'ISO 2022 IR 87'], PatientName: 'Yamada^Tarou=山田^太郎' },
      implicit,
    );
    const pdvs = (bytes: Buffer, control: number) => {
      const header = Buffer.alloc(6);
      header.writeUInt32BE(bytes.length + 2);
      header.set([1, control], 4);
      return Buffer.concat([header, bytes]);
    };
    const one = Buffer.concat([
      pdvs(encodeCommand(pending, true), 3),
      pdvs(answer.subarray(0, 9), 0),
      pdvs(answer.subarray(9), 2),
    ]);
    const pdu = Buffer.concat([Buffer.alloc(6), one, one]);
    pdu[0] = 4;
    pdu.writeUInt32BE(pdu.length - 6, 2);
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer, implicit);
      await peer.pdu();
      await peer.pdu();
      peer.write(pdu, pdu, messagePdus(1, { ...pending, status: 0 }));
      await peer.pdu();
      peer.write(encodePdu({ kind: 'release-reply' }));
    });
    const answers = await all(find(peerAt(server.port), 'STUDY', { PatientName: '' }));
    expect(answers.map((found) => found['PatientName'])).toEqual(Array(4).fill(['Yamada^Tarou=山田^太郎']));
  });

  it('find cancels at the peer when the loop is left', async () => {
    const pending = { commandField: COMMAND.findResponse, messageIDBeingRespondedTo: 1, status: 0xff00 };
    let canceled = false;
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer, implicit);
      await peer.pdu();
      await peer.pdu();
      peer.write(messagePdus(1, pending, encodeIdentifier('STUDY', { StudyInstanceUID: '1.2' }, implicit)));
      const cancel = await peer.pdu();
      canceled = cancel?.includes(Buffer.from('0000000102000000000ff0f'.slice(0, 16), 'hex')) ?? false;
      peer.write(messagePdus(1, { ...pending, status: 0xfe00 }));
      await peer.pdu();
      peer.write(encodePdu({ kind: 'release-reply' }));
    });
    for await (const answer of find(peerAt(server.port), 'STUDY', { StudyInstanceUID: '' })) if (answer) break;
    await until(() => canceled);
  });

  it('an unreadable answer is a protocol violation', async () => {
    const pending = { commandField: COMMAND.findResponse, messageIDBeingRespondedTo: 1, status: 0xff00 };
    await using server = await scriptedServer(async (peer) => {
      await acceptOne(peer, implicit);
      await peer.pdu();
      await peer.pdu();
      peer.write(messagePdus(1, pending, Buffer.from('08000500ffffff7f', 'hex')), dataPdu(1, true, Buffer.alloc(0)));
    });
    await expect(all(find(peerAt(server.port), 'STUDY', { PatientName: '' }))).rejects.toMatchObject({
      reason: 'protocol-violation',
    });
  });
});
