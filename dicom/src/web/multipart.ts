import { WebError } from './errors.ts';

/** A part of a multipart message (RFC 2046 §5.1) while it comes in. */
export interface Part {
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** Read it to its end before the next part. */
  readonly body: AsyncGenerator<Buffer, void, undefined>;
}

const MAX_HEADER_LENGTH = 16 * 1024;
const LINE = Buffer.from('\r\n');
const HEADER_END = Buffer.from('\r\n\r\n');

/** The boundary in a Content-Type. @throws WebError `protocol-violation` when it is no multipart */
export function boundaryOf(contentType: string | undefined): string {
  const match = /^multipart\/[^;]+;.*?\bboundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? '');
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw new WebError('protocol-violation', { what: 'content-type' });
  return boundary;
}

/**
 * Cuts a stream into parts without holding one in memory. What is not read of a part is skipped.
 * @throws WebError `protocol-violation`, `closed-without-response` when the stream ends too early
 */
export async function* readMultipart(
  chunks: AsyncIterable<Buffer>,
  boundary: string,
): AsyncGenerator<Part, void, undefined> {
  const input = new Input(chunks, Buffer.from(`\r\n--${boundary}`));
  await drain(input.untilDelimiter());
  while (!(await input.atEnd())) {
    const headers = parseHeaders(await input.header());
    const body = input.untilDelimiter();
    yield { headers, body };
    await drain(body);
  }
}

class Input {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #delimiter: Buffer;
  /** The first delimiter may stand at the very beginning. */
  #held: Buffer = LINE;

  constructor(chunks: AsyncIterable<Buffer>, delimiter: Buffer) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#delimiter = delimiter;
  }

  /** Gives what comes before the next delimiter and passes over it. */
  async *untilDelimiter(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const at = this.#held.indexOf(this.#delimiter);
      if (at >= 0) {
        const last = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + this.#delimiter.length);
        if (last.length > 0) yield last;
        return;
      }
      const safe = Math.max(0, this.#held.length - this.#delimiter.length + 1);
      const bytes = this.#held.subarray(0, safe);
      this.#held = this.#held.subarray(safe);
      if (bytes.length > 0) yield bytes;
      await this.#more();
    }
  }

  /** Whether the delimiter just passed was the last one. */
  async atEnd(): Promise<boolean> {
    while (this.#held.length < 2) await this.#more();
    return this.#held.toString('latin1', 0, 2) === '--';
  }

  /** The header lines of a part, from the end of its delimiter. */
  async header(): Promise<string> {
    for (;;) {
      const at = this.#held.indexOf(HEADER_END);
      if (at >= 0) {
        const text = this.#held.toString('latin1', 0, at);
        this.#held = this.#held.subarray(at + HEADER_END.length);
        return text;
      }
      if (this.#held.length > MAX_HEADER_LENGTH) throw new WebError('protocol-violation', { what: 'part-header' });
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done) throw new WebError('closed-without-response', { what: 'multipart' });
    this.#held = this.#held.length === 0 ? next.value : Buffer.concat([this.#held, next.value]);
  }
}

function parseHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  while (!(await iterator.next()).done);
}
