import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { openStoreAssociation, TRANSFER_SYNTAX, type Peer, type TlsServer } from '@viaduct/dicom/dimse';
import { run, temporaryFolder, waitFor } from '@viaduct/testing';
import { pino, type Logger } from 'pino';
import { expect, test, vi } from 'vitest';
import { addressFilter } from './addresses.ts';
import { Receiver } from './receiver.ts';
import { ArrivalRegistry, NOT_AUTHORIZED } from './registry.ts';
import { readReceiverTls } from './tls.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const proposals = [{ abstractSyntax: CT, transferSyntaxes: [TRANSFER_SYNTAX.explicitLittleEndian] }];
const instance = (sopInstanceUID: string) => ({
  sopClassUID: CT,
  sopInstanceUID,
  transferSyntaxUID: TRANSFER_SYNTAX.explicitLittleEndian,
  dataSet: [Buffer.from('08001800554904003100322e', 'hex')],
});
const peer = (port: number, callingAETitle: string): Peer => ({
  host: '127.0.0.1',
  port,
  calledAETitle: 'VIADUCT_RX',
  callingAETitle,
  connectTimeoutMs: 2_000,
  associationTimeoutMs: 2_000,
  responseTimeoutMs: 2_000,
  idleTimeoutMs: 2_000,
});

interface StartOptions {
  readonly onLost?: () => void;
  readonly allowed?: readonly string[];
  readonly tls?: TlsServer;
  readonly log?: Logger;
}

function start(
  arrivals: ArrivalRegistry,
  { onLost = vi.fn(), allowed = ['10.0.0.0/8', '127.0.0.1'], tls, log = pino({ enabled: false }) }: StartOptions = {},
) {
  return Receiver.start({
    aeTitle: 'VIADUCT_RX',
    host: '127.0.0.1',
    port: 0,
    arrivals,
    knows: (title) => title === 'PACS_A',
    admits: addressFilter(allowed),
    tls,
    log,
    onLost,
    probeEveryMs: 50,
  });
}

test('unknown callers are rejected, unexpected instances refused, expected ones taken', async () => {
  await using folder = await temporaryFolder('viaduct-receiver-');
  const arrivals = new ArrivalRegistry();
  await using receiver = await start(arrivals);
  await expect(openStoreAssociation(peer(receiver.port, 'STRANGER'), proposals)).rejects.toMatchObject({
    reason: 'calling-ae-rejected',
  });
  const association = await openStoreAssociation(peer(receiver.port, 'PACS_A'), proposals);
  expect(await association.store(instance('1.2'))).toMatchObject({ status: NOT_AUTHORIZED });
  arrivals.expect({
    callingAETitle: 'PACS_A',
    wants: (uid) => uid === '1.2',
    sink: {
      begin: ({ sopInstanceUID }) => ({ path: path.join(folder.path, `${sopInstanceUID}.dcm`) }),
      done: () => 0,
    },
  });
  expect(await association.store(instance('1.2'))).toMatchObject({ status: 0 });
  expect(await association.store(instance('1.3'))).toMatchObject({ status: NOT_AUTHORIZED });
  const [stranger, known] = receiver.tally.calls.callers;
  expect(stranger).toMatchObject({ aeTitle: 'STRANGER', associations: 0, refusals: { 'caller-unknown': 1 } });
  const came = { open: 1, associations: 1, instances: 1, bytes: 12, refusedInstances: 2, refusals: {} };
  expect(known).toMatchObject({ aeTitle: 'PACS_A', address: '127.0.0.1', ...came });
  await association.release();
  await waitFor(() => receiver.tally.calls.callers[1]?.open === 0);
  expect(await readdir(folder.path)).toEqual(['1.2.dcm']);
});

test('a known caller from another address is rejected', async () => {
  await using receiver = await start(new ArrivalRegistry(), { allowed: ['10.0.0.0/8'] });
  await expect(openStoreAssociation(peer(receiver.port, 'PACS_A'), proposals)).rejects.toMatchObject({
    reason: 'calling-ae-rejected',
  });
  const elsewhere = { ...peer(receiver.port, 'PACS_A'), calledAETitle: 'OTHER' };
  await expect(openStoreAssociation(elsewhere, proposals)).rejects.toMatchObject({ reason: 'called-ae-rejected' });
  await waitFor(() => receiver.isUp);
  expect(receiver.tally.calls.callers).toMatchObject([
    { aeTitle: 'PACS_A', refusals: { address: 1, 'called-ae-title': 1 } },
  ]);
});

const WARN = 40;
const TLS = path.join(import.meta.dirname, '../../../testing/tls');
const secured = (key: string, changes = {}) =>
  readReceiverTls({
    VIADUCT_RECEIVER_TLS_CERT_FILE: path.join(TLS, 'client.pem'),
    VIADUCT_RECEIVER_TLS_KEY_FILE: path.join(TLS, key),
    VIADUCT_RECEIVER_TLS_CA_FILE: path.join(TLS, 'ca.pem'),
    ...changes,
  });

test('with a certificate it speaks TLS only, wants one of its peers, and finds itself alive', async () => {
  const levels: number[] = [];
  const write = (line: string) => levels.push((JSON.parse(line) as { level: number }).level);
  const log = pino({ level: 'debug' }, { write });
  await using receiver = await start(new ArrivalRegistry(), { tls: await secured('sealed.key'), log });
  await waitFor(() => levels.length > 0); // its own question, refused for want of a certificate
  const file = (name: string) => path.join(TLS, name);
  const echoscu = async (name: string) => {
    const own = ['+tls', file(`${name}.key`), file(`${name}.pem`), '+cf', file('ca.pem')];
    return (await run('echoscu', [...own, '-aet', 'PACS_A', '-aec', 'VIADUCT_RX', '127.0.0.1', `${receiver.port}`]))
      .code;
  };
  expect(await echoscu('server')).toBe(0);
  expect(await echoscu('stranger')).not.toBe(0);
  await expect(openStoreAssociation(peer(receiver.port, 'PACS_A'), proposals)).rejects.toThrow();
  expect(levels.filter((level) => level >= WARN)).toEqual([]);
});

test.each([
  ['server.key', {}, /server\.key is not the key/],
  ['none.key', {}, /none\.key cannot be read/],
  ['sealed.key', { VIADUCT_RECEIVER_TLS_CERT_FILE: '' }, /belong together/],
])('settings of TLS that cannot be used are refused: %s %o', async (key, changes, message) => {
  await expect(secured(key, changes)).rejects.toThrow(message);
});

test.each([
  ['10.1.2.3', true],
  ['::ffff:10.1.2.3', true],
  ['11.1.2.3', false],
  ['fd00::7', true],
  ['fd01::7', false],
])('%s among 10.0.0.0/8 and fd00::/16: %s', (address, isAdmitted) => {
  expect(addressFilter(['10.0.0.0/8', 'fd00::/16'])(address)).toBe(isAdmitted);
  expect(addressFilter([])(address)).toBe(true);
});

test('it knows that it answers', async () => {
  await using receiver = await start(new ArrivalRegistry());
  await waitFor(() => receiver.isUp);
  expect(receiver.port).toBeGreaterThan(0);
});
