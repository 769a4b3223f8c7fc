import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DimseError } from '../errors.ts';
import { associateAccept, associateRequest, dataPdu } from '../peers/scriptedPeer.ts';
import { decodePdu } from './decode.ts';
import { encodePdu } from './encode.ts';
import { PduReader } from './reader.ts';
import type { Pdu } from './types.ts';

interface Fragment {
  readonly contextId: number;
  readonly command: boolean;
  readonly bytes: Buffer;
  readonly last: boolean;
}

function readAll(
  chunks: readonly Buffer[],
  dataAllowed = true,
): { pdus: Pdu[]; fragments: Fragment[]; reader: PduReader } {
  const pdus: Pdu[] = [];
  const fragments: Fragment[] = [];
  const reader = new PduReader({
    pdu: (pdu) => pdus.push(pdu),
    fragment: (contextId, command, bytes, last) => fragments.push({ contextId, command, bytes, last }),
  });
  reader.dataAllowed = dataAllowed;
  for (const chunk of chunks) reader.push(chunk);
  return { pdus, fragments, reader };
}

function reasonOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof DimseError ? error.reason : `untyped: ${String(error)}`;
  }
}

const full = associateRequest(['1.2.840.10008.1.1', '1.2.840.10008.5.1.4.1.1.2'], {
  user: {
    maxLength: 0,
    implementationClassUID: '1.2.3.4',
    implementationVersionName: 'V',
    roles: [{ sopClassUID: '1.2.840.10008.5.1.4.1.1.2', scu: false, scp: true }],
  },
});

const examples: readonly [name: string, pdu: Pdu, hex: string][] = [
  ['A-RELEASE-RQ', { kind: 'release-request' }, '05000000000400000000'],
  ['A-RELEASE-RP', { kind: 'release-reply' }, '06000000000400000000'],
  ['A-ABORT', { kind: 'abort', source: 2, reason: 6 }, '07000000000400000206'],
  ['A-ASSOCIATE-RJ', { kind: 'associate-reject', result: 1, source: 1, reason: 7 }, '03000000000400010107'],
];

describe('the PDU codec', () => {
  it.each(examples)('writes and reads the bytes of an %s', (_name, pdu, hex) => {
    expect(encodePdu(pdu).toString('hex')).toBe(hex);
    expect(readAll([Buffer.from(hex, 'hex')]).pdus).toEqual([pdu]);
  });

  it('writes an A-ASSOCIATE-RQ as PS3.8 §9.3.2 lays it out', () => {
    const bytes = encodePdu(associateRequest(['1.2.840.10008.1.1']));
    expect(bytes.subarray(0, 2).toString('hex')).toBe('0100');
    expect(bytes.readUInt32BE(2)).toBe(bytes.length - 6);
    expect(bytes.toString('latin1', 10, 26)).toBe('RX              ');
    expect(bytes.toString('latin1', 26, 42)).toBe('SCRIPT          ');
    expect(bytes.subarray(74, 78).toString('hex')).toBe('10000015');
    expect(bytes.toString('latin1', 78, 99)).toBe('1.2.840.10008.3.1.1.1');
    expect(bytes.subarray(99, 107).toString('hex')).toBe('2000003001000000');
  });

  it('skips unknown items', () => {
    const bytes = encodePdu(associateRequest(['1.2.840.10008.1.1']));
    const extra = Buffer.from('7e0000027878', 'hex');
    const user = bytes.indexOf(Buffer.from('5000', 'hex'));
    const longer = Buffer.concat([bytes, extra]);
    longer.writeUInt16BE(bytes.readUInt16BE(user + 2) + extra.length, user + 2);
    longer.writeUInt32BE(longer.length - 6, 2);
    expect(readAll([longer]).pdus).toEqual([associateRequest(['1.2.840.10008.1.1'])]);
  });

  it.each([
    [
      'an even context id',
      associateRequest(['1.2'], { contexts: [{ id: 2, abstractSyntax: '1', transferSyntaxes: [] }] }),
    ],
    ['no context', associateRequest([])],
    [
      'a context id twice',
      associateRequest([], { contexts: [1, 1].map((id) => ({ id, abstractSyntax: '1', transferSyntaxes: ['1'] })) }),
    ],
  ])('refuses %s', (_name, pdu) => {
    expect(reasonOf(() => readAll([encodePdu(pdu)]))).toBe('protocol-violation');
  });

  it('reads what it wrote, for any contexts and user information', () => {
    const uid = fc.stringMatching(/^[0-9.]{1,64}$/).filter((text) => text.length > 0);
    const contexts = fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 0, max: 127 }).map((index) => index * 2 + 1),
        abstractSyntax: uid,
        transferSyntaxes: fc.array(uid, { minLength: 1, maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 20, selector: ({ id }) => id },
    );
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    const uint16 = fc.integer({ min: 0, max: 0xffff });
    const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 5 });
    const user = fc.record(
      {
        maxLength: fc.nat(),
        implementationClassUID: uid,
        implementationVersionName: fc.constant('V'),
        roles: fc.array(fc.record({ sopClassUID: uid, scu: fc.boolean(), scp: fc.boolean() }), { maxLength: 5 }),
        asynchronousOperations: fc.record({ invoked: uint16, performed: uint16 }),
        extended: some(fc.record({ sopClassUID: uid, information: bytes })),
        commonExtended: some(
          fc.record({ sopClassUID: uid, serviceClassUID: uid, relatedGeneralSOPClassUIDs: fc.array(uid) }),
        ),
        userIdentity: fc.record({
          type: fc.integer({ min: 1, max: 5 }),
          responseRequested: fc.boolean(),
          primary: bytes,
          secondary: bytes,
        }),
        userIdentityResponse: bytes,
      },
      { requiredKeys: ['maxLength', 'implementationClassUID', 'implementationVersionName', 'roles'] },
    );
    fc.assert(
      fc.property(contexts, user, (proposed, information) => {
        const pdu = associateRequest([], { contexts: proposed, user: information });
        expect(readAll([encodePdu(pdu)]).pdus).toEqual([pdu]);
      }),
      { numRuns: 100 },
    );
  });

  it.each([0, 1, 0xffff])('never fails untyped where an item or a field claims to be %i bytes long', (length) => {
    const user = {
      ...full.user,
      asynchronousOperations: { invoked: 3, performed: 1 },
      extended: [{ sopClassUID: '1.2', information: Buffer.of(1) }],
      commonExtended: [{ sopClassUID: '1.2', serviceClassUID: '1.3', relatedGeneralSOPClassUIDs: ['1.4'] }],
      userIdentity: { type: 2, responseRequested: true, primary: Buffer.from('me'), secondary: Buffer.from('it') },
    };
    const body = encodePdu({ ...full, user }).subarray(6);
    for (let offset = 68; offset + 2 <= body.length; offset += 1) {
      const lying = Buffer.from(body);
      lying.writeUInt16BE(length, offset);
      expect([undefined, 'protocol-violation']).toContain(reasonOf(() => decodePdu(1, lying)));
    }
  });

  it('never fails untyped on junk', () => {
    const type = fc.integer({ min: 0, max: 8 });
    fc.assert(
      fc.property(type, fc.uint8Array({ maxLength: 300 }), (kind, bytes) => {
        expect(reasonOf(() => decodePdu(kind, Buffer.from(bytes)))).toSatisfy(
          (reason: string | undefined) => reason === undefined || reason === 'protocol-violation',
        );
      }),
    );
  });
});

describe('the PDU reader', () => {
  const stream = Buffer.concat([
    encodePdu(full),
    encodePdu(associateAccept([1, 3])),
    dataPdu(1, true, Buffer.from('command')),
    dataPdu(3, false, Buffer.from('some data'), false),
    Buffer.concat([
      Buffer.from('04000000000e', 'hex'),
      Buffer.from('0000000403007878', 'hex'),
      Buffer.from('000000020302', 'hex'),
    ]),
    encodePdu({ kind: 'abort', source: 0, reason: 0 }),
  ]);

  it('gives the same for every split of the bytes', () => {
    const whole = readAll([stream]);
    expect(whole.pdus.map(({ kind }) => kind)).toEqual(['associate-request', 'associate-accept', 'abort']);
    for (let at = 1; at < stream.length; at += 1) {
      expect(summary(readAll([stream.subarray(0, at), stream.subarray(at)]))).toEqual(summary(whole));
    }
  });

  it('gives the same when every byte comes alone', () => {
    expect(summary(readAll([...stream].map((byte) => Buffer.of(byte))))).toEqual(summary(readAll([stream])));
  });

  it('marks the last fragment once, also when it has no bytes', () => {
    const { fragments } = readAll([stream]);
    expect(fragments.map(({ bytes, last }) => [bytes.toString(), last])).toEqual([
      ['command', true],
      ['some data', false],
      ['xx', false],
      ['', true],
    ]);
  });

  it.each([
    ['a P-DATA-TF of 4 GB', 'ffffffff', '04'],
    ['an A-ASSOCIATE-RQ of 4 GB', 'ffffffff', '01'],
    ['a release of 1 MB', '00100000', '05'],
  ])('refuses %s by its header alone', (_name, length, type) => {
    expect(reasonOf(() => readAll([Buffer.from(`${type}00${length}`, 'hex')]))).toBe('protocol-violation');
  });

  it('refuses data before the association stands', () => {
    expect(reasonOf(() => readAll([dataPdu(1, true, Buffer.alloc(2))], false))).toBe('protocol-violation');
  });

  it.each([
    ['an unknown type', '08000000000400000000'],
    ['a PDV longer than its PDU', '040000000008000000ff01030000'],
    ['a PDV shorter than its header', '04000000000600000001010300'],
    ['a PDU that ends inside a PDV header', '0400000000090000000401037878000000'],
  ])('refuses %s', (_name, hex) => {
    expect(reasonOf(() => readAll([Buffer.from(hex, 'hex')]))).toBe('protocol-violation');
  });

  it('never fails untyped on junk', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (chunks) => {
        const reason = reasonOf(() => readAll(chunks.map((chunk) => Buffer.from(chunk))));
        expect(reason === undefined || reason === 'protocol-violation').toBe(true);
      }),
    );
  });

  function summary({ pdus, fragments, reader }: ReturnType<typeof readAll>) {
    const joined: Record<string, string> = {};
    let lasts = 0;
    for (const { contextId, command, bytes, last } of fragments) {
      joined[`${contextId} ${command}`] = (joined[`${contextId} ${command}`] ?? '') + bytes.toString('hex');
      if (last) lasts += 1;
    }
    return { pdus, joined, lasts, atBoundary: reader.atBoundary };
  }
});
