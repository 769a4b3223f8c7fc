import { ApplicationFailure, defaultPayloadConverter, type Payload } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding.js';
import {
  encodeErrorToFailure,
  loadDataConverter,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CodecError, dataConverter, EncryptionCodec } from './codec.ts';

const NEW = { id: 'new', key: randomBytes(32) };
const OLD = { id: 'old', key: randomBytes(32) };
const CLEAR = defaultPayloadConverter.toPayload({ jobId: 'a', taskNo: 7 });

async function encrypted(codec: EncryptionCodec, payload = CLEAR): Promise<Payload> {
  const [result] = await codec.encode([payload]);
  if (!result) throw new Error('nothing encoded');
  return result;
}

describe('the payload codec', () => {
  test('gives back what it has encrypted, and shows nothing of it', async () => {
    const codec = new EncryptionCodec([NEW]);
    const payload = await encrypted(codec);
    expect(Buffer.from(payload.data ?? []).includes('taskNo')).toBe(false);
    expect(decode(payload.metadata?.['encoding'] ?? new Uint8Array())).toBe('binary/encrypted');
    const [clear] = await codec.decode([payload]);
    expect(defaultPayloadConverter.fromPayload(clear ?? {})).toEqual({ jobId: 'a', taskNo: 7 });
  });

  test('never encrypts the same payload to the same bytes', async () => {
    const codec = new EncryptionCodec([NEW]);
    expect((await encrypted(codec)).data).not.toEqual((await encrypted(codec)).data);
  });

  test('keeps empty results', async () => {
    const codec = new EncryptionCodec([NEW]);
    const payload = await encrypted(codec, defaultPayloadConverter.toPayload(undefined));
    const [clear] = await codec.decode([payload]);
    expect(defaultPayloadConverter.fromPayload(clear ?? {})).toBeUndefined();
  });

  test('reads older keys and writes with the newest', async () => {
    const before = await encrypted(new EncryptionCodec([OLD]));
    const codec = new EncryptionCodec([NEW, OLD]);
    expect(await codec.decode([before])).toHaveLength(1);
    expect(decode((await encrypted(codec)).metadata?.['encryption-key-id'] ?? new Uint8Array())).toBe('new');
  });

  test('refuses a key it does not have', async () => {
    const payload = await encrypted(new EncryptionCodec([OLD]));
    await expect(new EncryptionCodec([NEW]).decode([payload])).rejects.toMatchObject({ cause: 'unknown-key' });
  });

  test('refuses a wrong key of the same name', async () => {
    const payload = await encrypted(new EncryptionCodec([{ ...NEW, key: OLD.key }]));
    await expect(new EncryptionCodec([NEW]).decode([payload])).rejects.toMatchObject({ cause: 'damaged' });
  });

  test.each([0, 11, 12, 20, -1])('refuses a payload with byte %i changed', async (index) => {
    const codec = new EncryptionCodec([NEW]);
    const payload = await encrypted(codec);
    const data = Buffer.from(payload.data ?? []);
    const at = index < 0 ? data.length + index : index;
    data.writeUInt8(data.readUInt8(at) ^ 1, at);
    await expect(codec.decode([{ ...payload, data }])).rejects.toMatchObject({ cause: 'damaged' });
  });

  test('refuses a payload under the name of another key', async () => {
    const twins = [NEW, { id: 'twin', key: NEW.key }];
    const { data } = await encrypted(new EncryptionCodec(twins));
    const metadata = { encoding: encode('binary/encrypted'), 'encryption-key-id': encode('twin') };
    await expect(new EncryptionCodec(twins).decode([{ data, metadata }])).rejects.toMatchObject({ cause: 'damaged' });
  });

  test.each([
    ['unencrypted', CLEAR, 'not-encrypted'],
    ['empty', {}, 'not-encrypted'],
    [
      'truncated',
      { metadata: { encoding: encode('binary/encrypted'), 'encryption-key-id': encode('new') }, data: randomBytes(27) },
      'damaged',
    ],
  ] as const)('refuses a payload that is %s', async (_name, payload, cause) => {
    const rejected = new EncryptionCodec([NEW]).decode([payload]);
    await expect(rejected).rejects.toBeInstanceOf(CodecError);
    await expect(rejected).rejects.toMatchObject({ cause });
  });

  test('lets the one text pass that the server writes itself', async () => {
    const note = defaultPayloadConverter.toPayload('ACTIVITY_ID_NOT_STARTED');
    expect(await new EncryptionCodec([NEW]).decode([note])).toEqual([note]);
  });

  test('accepts only keys of 32 bytes, and at least one', () => {
    expect(() => new EncryptionCodec([])).toThrow();
    expect(() => new EncryptionCodec([{ id: 'short', key: randomBytes(16) }])).toThrow();
  });
});

test('failures show their type and nothing else', async () => {
  const converter = loadDataConverter(dataConverter([NEW]));
  const failure = ApplicationFailure.create({
    type: 'study-unknown',
    message: 'secret text',
    details: ['secret fact'],
  });
  const sent = await encodeErrorToFailure(converter, failure);
  expect(JSON.stringify(sent)).not.toContain('secret');
  expect(sent.message).toBe('Encoded failure');
  expect(sent.applicationFailureInfo?.type).toBe('study-unknown');
  expect(await decodeOptionalFailureToOptionalError(converter, sent)).toMatchObject({ message: 'secret text' });
});
