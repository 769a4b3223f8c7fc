import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { encodeFileMeta } from '../part10/index.ts';
import type { OutgoingInstance } from '../dimse/types.ts';
import type { RequestOptions, WebClient } from './client.ts';
import { WebError } from './errors.ts';
import { textOfBody } from './http.ts';

/** What a server said about an instance. */
export interface StoreOutcome {
  readonly sopInstanceUID: string;
  /** 0 success, else its Warning Reason or Failure Reason (PS3.18 §I.2.2), which are DIMSE status codes. */
  readonly status: number;
}

/** Bytes read from a file at a time. */
const CHUNK_LENGTH = 512 * 1024;
const MAX_ANSWER_LENGTH = 64 * 1024 * 1024;
/** The status of what the server does not mention, PS3.7 §C.5.19. */
const PROCESSING_FAILURE = 0x0110;

const TAG = {
  failed: '00081198',
  referenced: '00081199',
  sopInstance: '00081155',
  failure: '00081197',
  warning: '00081196',
};

/**
 * Stores instances with one request (STOW-RS, PS3.18 §10.5), streamed from where they are, each as its bytes are.
 * @returns the outcome of each, in their order; one that the server does not mention has failed.
 * @throws WebError
 */
export async function store(
  client: WebClient,
  instances: readonly OutgoingInstance[],
  options: RequestOptions = {},
): Promise<StoreOutcome[]> {
  const boundary = randomUUID();
  const parts = instances.map((instance, index) => ({
    instance,
    head: Buffer.concat([Buffer.from(index === 0 ? '' : '\r\n'), headOf(instance, boundary)]),
  }));
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const length = parts.reduce((sum, { instance, head }) => sum + head.length + lengthOf(instance), tail.length);
  const body = async function* (): AsyncGenerator<Uint8Array> {
    for (const { instance, head } of parts) {
      yield head;
      yield* bytesOf(instance);
    }
    yield tail;
  };
  const headers = {
    accept: 'application/dicom+json',
    'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
    'content-length': length,
  };
  const request = { method: 'POST', url: client.url('stow', '/studies'), headers, body } as const;
  // 409: none was stored; the answer says why, instance by instance.
  const response = await client.request(request, [200, 202, 409], options);
  const outcomes = parseOutcomes(await textOfBody(response, MAX_ANSWER_LENGTH));
  return instances.map(({ sopInstanceUID }) => ({
    sopInstanceUID,
    status: outcomes.get(sopInstanceUID) ?? PROCESSING_FAILURE,
  }));
}

function headOf(instance: OutgoingInstance, boundary: string): Buffer {
  // No transfer-syntax parameter: the file meta information has it, and Orthanc passes over parts with parameters.
  const head = `--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), encodeFileMeta(instance)]);
}

function lengthOf({ dataSet }: OutgoingInstance): number {
  return dataSet.reduce((sum, piece) => sum + ('path' in piece ? piece.end - piece.start : piece.length), 0);
}

/** @throws WebError `instance-broken` when a file is missing or ends too early */
async function* bytesOf({ dataSet }: OutgoingInstance): AsyncGenerator<Uint8Array> {
  for (const piece of dataSet) {
    if (!('path' in piece)) {
      yield piece;
      continue;
    }
    const { path, start, end } = piece;
    let left = end - start;
    if (left <= 0) continue;
    try {
      const stream = createReadStream(path, { start, end: end - 1, highWaterMark: CHUNK_LENGTH });
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        left -= chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw new WebError('instance-broken', {
        code: error instanceof Error && 'code' in error ? String(error.code) : '',
      });
    }
    if (left > 0) throw new WebError('instance-broken', { code: 'truncated' });
  }
}

/** @throws WebError `protocol-violation` */
function parseOutcomes(text: string): Map<string, number> {
  let dataSet: unknown;
  try {
    dataSet = JSON.parse(text);
  } catch {
    throw new WebError('protocol-violation', { what: 'store-response' });
  }
  const outcomes = new Map<string, number>();
  for (const [sequence, reason, otherwise] of [
    [TAG.referenced, TAG.warning, 0],
    [TAG.failed, TAG.failure, PROCESSING_FAILURE],
  ] as const) {
    for (const item of valuesOf(dataSet, sequence)) {
      const [uid] = valuesOf(item, TAG.sopInstance);
      const [status = otherwise] = valuesOf(item, reason);
      if (typeof uid === 'string' && typeof status === 'number') outcomes.set(uid, status);
    }
  }
  return outcomes;
}

function valuesOf(dataSet: unknown, tag: string): readonly unknown[] {
  const element: unknown = typeof dataSet === 'object' && dataSet !== null ? Reflect.get(dataSet, tag) : undefined;
  const values: unknown = typeof element === 'object' && element !== null ? Reflect.get(element, 'Value') : undefined;
  return Array.isArray(values) ? values : [];
}
