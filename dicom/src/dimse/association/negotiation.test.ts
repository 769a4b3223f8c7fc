import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { peerAt, runAgainstUs, startOrthanc, temporaryFolder, until } from '../peers/peers.ts';
import { scriptedServer } from '../peers/scriptedPeer.ts';
import { encodePdu } from '../pdu/encode.ts';
import { find } from '../query/find.ts';
import { openStoreAssociation } from '../store/scu.ts';
import { startStorageScp } from '../store/scp.ts';
import type { OutgoingInstance, UserIdentity } from '../types.ts';
import { testFile } from '../../testFiles.ts';
import { SOP_CLASS, TRANSFER_SYNTAX, UNCOMPRESSED } from '../uids.ts';
import { connect } from './connect.ts';
import { listen } from './listen.ts';
import type { Listener, ListenOptions } from './listen.ts';
import { buildRequest } from './negotiation.ts';
import type { AssociationCall } from './negotiation.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const verification = { abstractSyntax: SOP_CLASS.verification, transferSyntaxes: UNCOMPRESSED };

async function listening(
  options: Partial<ListenOptions> = {},
): Promise<Listener & AsyncDisposable & { calls: AssociationCall[] }> {
  const calls: AssociationCall[] = [];
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    authorize: (call) => {
      calls.push(call);
      return 'accept';
    },
    negotiate: ({ transferSyntaxes }) => transferSyntaxes[0] ?? 4,
    serve: async (association) => {
      await association.next();
    },
    ...options,
  });
  return { ...listener, calls, [Symbol.asyncDispose]: () => listener.close() };
}

describe('user identity', () => {
  it.each<[UserIdentity, number, string, string]>([
    [{ kind: 'username', username: 'Jürgen' }, 1, 'Jürgen', ''],
    [{ kind: 'username', username: 'me', passcode: 'secret' }, 2, 'me', 'secret'],
    [{ kind: 'kerberos', ticket: Buffer.from('ticket') }, 3, 'ticket', ''],
    [{ kind: 'saml', assertion: '<a/>' }, 4, '<a/>', ''],
    [{ kind: 'jwt', token: 'a.b.c' }, 5, 'a.b.c', ''],
  ])('of %o arrives as it is', async (userIdentity, type, primary, secondary) => {
    await using listener = await listening();
    const association = await connect(peerAt(listener.port, 'RX', { userIdentity }), [verification]);
    await association.release();
    const given = listener.calls[0]?.userIdentity;
    expect([given?.type, given?.primary.toString(), given?.secondary.toString()]).toEqual([type, primary, secondary]);
  });

  it('of DCMTK’s tools is read, and answered when they ask', async () => {
    await using listener = await listening({
      serve: async (association) => {
        const message = await association.next();
        await association.send(message?.contextId ?? 1, {
          commandField: 0x8030,
          messageIDBeingRespondedTo: 1,
          status: 0,
        });
        await association.next();
      },
    });
    const identity = ['--user', 'me', '--password', 'secret', '--pos-response'];
    const { code, output } = await runAgainstUs('storescu', [
      ...identity,
      '127.0.0.1',
      String(listener.port),
      testFile('ct/CT_small.dcm'),
    ]);
    expect(output).not.toContain('Association Rejected');
    expect(code).not.toBe(-1);
    expect(listener.calls[0]?.userIdentity).toMatchObject({ type: 2, responseRequested: true });
  });
});

describe('extended negotiation', () => {
  it('asks for relational queries and does not query a peer that does not grant them', async () => {
    const proposed: (Buffer | undefined)[] = [];
    await using listener = await listening({
      extend: ({ information }) => {
        proposed.push(information);
        return Buffer.of(0, 0, 1, 0);
      },
    });
    const query = (options: object) => find(peerAt(listener.port), 'IMAGE', { SOPInstanceUID: '1.2' }, options).next();
    await expect(query({ relational: true, fuzzyNames: true })).rejects.toMatchObject({
      reason: 'context-not-accepted',
      facts: { what: 'relational-queries' },
    });
    expect(proposed).toEqual([Buffer.of(1, 0, 1, 0)]);
  });

  it('is granted by what the acceptor says, and queries go on', async () => {
    await using listener = await listening({
      extend: ({ information }) => information,
      serve: async (association) => {
        const message = await association.next();
        await association.send(1, {
          commandField: 0x8020,
          messageIDBeingRespondedTo: message?.command.messageID,
          status: 0,
        });
        await association.next();
      },
    });
    const answers = find(peerAt(listener.port), 'IMAGE', { SOPInstanceUID: '1.2' }, { relational: true });
    expect(await answers.next()).toMatchObject({ done: true });
  });

  it('does no harm with Orthanc, which skips it', async () => {
    await using orthanc = await startOrthanc();
    const peer = peerAt(orthanc.port, 'ORTHANC', { userIdentity: { kind: 'username', username: 'me', passcode: 'x' } });
    const answers = find(peer, 'STUDY', { PatientName: '' }, { fuzzyNames: true });
    expect(await answers.next()).toMatchObject({ done: true });
  });

  it('says what a private class may be taken for', async () => {
    await using listener = await listening();
    const commonExtended = { serviceClassUID: '1.2.840.10008.4.2', relatedGeneralSOPClassUIDs: [CT] };
    const proposal = { abstractSyntax: '1.2.3.4', transferSyntaxes: UNCOMPRESSED, commonExtended };
    await (await connect(peerAt(listener.port), [proposal])).release();
    expect(listener.calls[0]?.commonExtended).toEqual([{ sopClassUID: '1.2.3.4', ...commonExtended }]);
  });
});

describe('the window of operations', () => {
  const instance = (index: number): OutgoingInstance => ({
    sopClassUID: CT,
    sopInstanceUID: `1.2.${index}`,
    transferSyntaxUID: TRANSFER_SYNTAX.explicitLittleEndian,
    dataSet: [Buffer.alloc(200_000, index)],
  });
  const proposal = { abstractSyntax: CT, transferSyntaxes: [TRANSFER_SYNTAX.explicitLittleEndian] };

  it('lets several instances be under way, each kept and answered as itself', async () => {
    await using folder = await temporaryFolder();
    const hashes = new Map<string, string>();
    let together = 0;
    let most = 0;
    const receiver = await startStorageScp({
      aeTitle: 'RX',
      host: '127.0.0.1',
      port: 0,
      authorize: () => 'accept',
      sink: {
        begin: ({ sopInstanceUID }) => {
          most = Math.max(most, ++together);
          return { path: join(folder.path, sopInstanceUID) };
        },
        done: async ({ sopInstanceUID, sha256 }) => {
          await until(() => most > 1);
          together -= 1;
          hashes.set(sopInstanceUID, sha256);
          return sopInstanceUID === '1.2.7' ? 0xb000 : 0;
        },
      },
    });
    const association = await openStoreAssociation(peerAt(receiver.port, 'RX'), [proposal]);
    expect(association.window).toBeGreaterThan(1);
    const statuses = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => (await association.store(instance(index))).status),
    );
    await association.release();
    await receiver.close();
    expect(statuses).toEqual(Array.from({ length: 30 }, (_, index) => (index === 7 ? 0xb000 : 0)));
    const sha256Of = (index: number) => createHash('sha256').update(Buffer.alloc(200_000, index)).digest('hex');
    expect(hashes).toEqual(new Map(Array.from({ length: 30 }, (_, index) => [`1.2.${index}`, sha256Of(index)])));
  });

  it('is one where the peer does not grant more', async () => {
    await using orthanc = await startOrthanc();
    const association = await openStoreAssociation(peerAt(orthanc.port, 'ORTHANC'), [proposal]);
    expect(association.window).toBe(1);
    await association.release();
  });

  it('never exceeds what was asked for', async () => {
    await using peer = await scriptedServer(async (socket) => {
      await socket.pdu();
      const { user, ...request } = buildRequest(peerAt(1), [proposal], 8);
      socket.write(
        encodePdu({
          ...request,
          kind: 'associate-accept',
          contexts: [{ id: 1, result: 0, transferSyntax: TRANSFER_SYNTAX.explicitLittleEndian }],
          user: { ...user, asynchronousOperations: { invoked: 0, performed: 0 } },
        }),
      );
      await socket.pdu();
    });
    const association = await openStoreAssociation(peerAt(peer.port), [proposal]);
    expect(association.window).toBe(8);
    association.abort();
  });
});
