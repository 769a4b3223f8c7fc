import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  METADATA_ENCODING_KEY,
  ValueError,
  type DataConverter,
  type Payload,
  type PayloadCodec,
} from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding.js';
import proto from '@temporalio/proto';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/** One key of the codec: 32 bytes, and the name under which payloads refer to it (it travels in clear text). */
export interface CodecKey {
  readonly id: string;
  readonly key: Uint8Array;
}

/** Why a payload could not be read. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
  override readonly cause: 'not-encrypted' | 'unknown-key' | 'damaged';

  constructor(cause: CodecError['cause']) {
    super(`Payload ${cause}`);
    this.cause = cause;
  }
}

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const IV_LENGTH = 12;
const TAG_LENGTH = 16;

/** What the server itself writes, in clear text, as detail of an activity that was cancelled before it started. */
const NOT_STARTED = JSON.stringify('ACTIVITY_ID_NOT_STARTED');

/**
 * Encrypts whole payloads with AES-256-GCM: 12 bytes IV, ciphertext, 16 bytes tag; the key's id is authenticated with
 * them. Reads every key of the list and writes with the first. What is not encrypted is refused, so that nobody who
 * reaches the server can slip in a payload of their own; the one exception is a constant text of the server.
 * @throws CodecError
 */
export class EncryptionCodec implements PayloadCodec {
  readonly #newest: CodecKey;
  readonly #keys: ReadonlyMap<string, Uint8Array>;

  /** @param keys newest first */
  constructor(keys: readonly CodecKey[]) {
    const [newest] = keys;
    if (!newest) throw new ValueError('The codec needs at least one key');
    if (keys.some(({ key }) => key.length !== 32)) throw new ValueError('A codec key has 32 bytes');
    this.#newest = newest;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.#encrypt(payload));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (isNotStarted(payload) ? payload : this.#decrypt(payload)));
  }

  #encrypt(payload: Payload): Payload {
    const { id, key } = this.#newest;
    const iv = randomBytes(IV_LENGTH);
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id));
    const data = Buffer.concat([iv, cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()]);
    return {
      metadata: { [METADATA_ENCODING_KEY]: encode(ENCODING), [KEY_ID]: encode(id) },
      data: Buffer.concat([data, cipher.getAuthTag()]),
    };
  }

  #decrypt({ metadata, data }: Payload): Payload {
    const encoding = metadata?.[METADATA_ENCODING_KEY];
    if (!encoding || decode(encoding) !== ENCODING) throw new CodecError('not-encrypted');
    const keyId = metadata[KEY_ID];
    const key = keyId && this.#keys.get(decode(keyId));
    if (!key) throw new CodecError('unknown-key');
    if (!data || data.length < IV_LENGTH + TAG_LENGTH) throw new CodecError('damaged');
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, IV_LENGTH))
        .setAAD(keyId)
        .setAuthTag(data.subarray(-TAG_LENGTH));
      const clear = [decipher.update(data.subarray(IV_LENGTH, -TAG_LENGTH)), decipher.final()];
      return PayloadMessage.decode(Buffer.concat(clear));
    } catch {
      throw new CodecError('damaged');
    }
  }
}

function isNotStarted({ metadata, data }: Payload): boolean {
  const encoding = metadata?.[METADATA_ENCODING_KEY];
  return !!encoding && !!data && decode(encoding) === 'json/plain' && decode(data) === NOT_STARTED;
}

/** Where the failure converter lies: for the bundler and the replayer, which load it by path. */
export const failureConverterPath = fileURLToPath(new URL('./failureConverter.ts', import.meta.url));

/**
 * The data converter of everything that talks to Temporal: clients, workers, replayers.
 * @param keys newest first; the first one encrypts, all of them decrypt
 */
export function dataConverter(keys: readonly CodecKey[]): DataConverter {
  return { payloadCodecs: [new EncryptionCodec(keys)], failureConverterPath };
}
