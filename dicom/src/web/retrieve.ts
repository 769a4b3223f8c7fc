import { decodeFileMeta, encodeFileMeta, Part10Error } from '../part10/index.ts';
import type { FoundMeta } from '../part10/index.ts';
import { classify, STATUS } from '../dimse/status.ts';
import { DurableFile } from '../dimse/store/file.ts';
import type { IncomingInstance, InstanceSink } from '../dimse/types.ts';
import type { RequestOptions, WebClient } from './client.ts';
import { WebError } from './errors.ts';
import { boundaryOf, readMultipart } from './multipart.ts';

/** What to retrieve: a study, a series of it, or one instance. */
export interface RetrieveTarget {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID?: string;
  readonly sopInstanceUID?: string;
}

/** How many instances came, and how many of these the sink refused or could not keep. */
export interface RetrieveCounts {
  readonly completed: number;
  readonly failed: number;
}

/** Any transfer syntax, as it is stored (PS3.18 §8.7.3.5.2): nothing is transcoded for us. */
const ACCEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*';
/** Longest file meta information that is waited for, in bytes. */
const MAX_META_LENGTH = 1024 * 1024;

/**
 * Retrieves instances (WADO-RS, PS3.18 §10.4) into the sink, each streamed to its file as it comes, its data set byte-exact.
 * @throws WebError; what the sink or the disk says about single instances is counted, and reported to `sink.failed`
 */
export async function retrieve(
  client: WebClient,
  target: RetrieveTarget,
  sink: InstanceSink,
  { onProgress, ...options }: RequestOptions & { onProgress?: (counts: RetrieveCounts) => void } = {},
): Promise<RetrieveCounts> {
  const url = client.url('wado', pathOf(target));
  const response = await client.request({ method: 'GET', url, headers: { accept: ACCEPT } }, [200, 206], options);
  let counts: RetrieveCounts = { completed: 0, failed: 0 };
  try {
    const boundary = boundaryOf(response.headers['content-type']);
    for await (const { body } of readMultipart(response.body, boundary)) {
      const kept = await takePart(new Bytes(body), new URL(url).hostname, sink);
      counts = kept ? { ...counts, completed: counts.completed + 1 } : { ...counts, failed: counts.failed + 1 };
      onProgress?.(counts);
    }
    return counts;
  } finally {
    response.close();
  }
}

function pathOf({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }: RetrieveTarget): string {
  const levels = Object.entries({ studies: studyInstanceUID, series: seriesInstanceUID, instances: sopInstanceUID });
  return levels.map(([name, uid]) => (uid === undefined ? '' : `/${name}/${encodeURIComponent(uid)}`)).join('');
}

async function takePart(bytes: Bytes, remoteAddress: string, sink: InstanceSink): Promise<boolean> {
  const { meta, dataSetOffset } = await bytes.beginning();
  const instance: IncomingInstance = { ...meta, callingAETitle: '', calledAETitle: '', remoteAddress };
  try {
    const verdict = isUid(meta.sopInstanceUID) ? await sink.begin(instance) : { refuse: STATUS.cannotUnderstand };
    if ('refuse' in verdict) return false;
    await using file = DurableFile.create(verdict, encodeFileMeta(meta), sink.hashed);
    for await (const chunk of bytes.from(dataSetOffset)) await file.write(chunk);
    const sha256 = await file.finish(sink.durability ?? 'synced');
    const status = await sink.done({ ...instance, path: verdict.path, bytes: file.bytes, sha256 });
    return ['success', 'warning'].includes(classify(status));
  } catch (error) {
    sink.failed?.(instance, error);
    if (error instanceof WebError) throw error;
    return false;
  }
}

/** The bytes of a part, with its beginning to look at. */
class Bytes {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer[] = [];

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The file meta information. @throws WebError `protocol-violation` when the part is no Part 10 file */
  async beginning(): Promise<FoundMeta> {
    for (;;) {
      const held = Buffer.concat(this.#held);
      this.#held = [held];
      const next = await this.#source.next();
      const found = readMeta(held, next.done === true);
      if (!next.done) this.#held.push(next.value);
      if (found) return found;
      if (held.length > MAX_META_LENGTH) throw new WebError('protocol-violation', { what: 'file-meta' });
    }
  }

  /** What follows the first bytes, which are here already. The part stays open when nobody reads on: its rest is skipped. */
  async *from(offset: number): AsyncGenerator<Buffer> {
    yield Buffer.concat(this.#held).subarray(offset);
    for (let next = await this.#source.next(); !next.done; next = await this.#source.next()) yield next.value;
  }
}

/** Undefined while more bytes are needed. */
function readMeta(bytes: Buffer, complete: boolean): FoundMeta | undefined {
  try {
    const found = decodeFileMeta(bytes);
    return complete || found.dataSetOffset + 8 <= bytes.length ? found : undefined;
  } catch (error) {
    if (!(error instanceof Part10Error)) throw error;
    if (!complete && (error.reason === 'truncated' || bytes.length < 1_024)) return undefined;
    throw new WebError('protocol-violation', { what: 'file-meta' });
  }
}

/** Digits and dots only, at most 64 (PS3.5 §9.1): it becomes part of file names. */
function isUid(text: string): boolean {
  return /^[0-9]+(\.[0-9]+)*$/.test(text) && text.length <= 64;
}
