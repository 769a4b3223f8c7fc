import { promisify } from 'node:util';
import { inflateRaw, inflateRawSync } from 'node:zlib';
import type { Tag } from '../dictionary/index.ts';
import type { DataElement, DataSet } from './elements.ts';
import { Part10Error } from './errors.ts';
import type { ElementHeader, Encoding } from './elementHeader.ts';
import { Scanner } from './scanner.ts';
import { transferSyntaxOf } from './transferSyntaxes.ts';
import { swapped } from './valueRepresentations.ts';

const inflateRawLater = promisify(inflateRaw);

/** Largest data set that is inflated, in bytes: a deflated one must be held in memory as a whole. */
export const MAX_INFLATED_BYTES = 256 * 1024 * 1024;

/**
 * Inflates a deflated data set (PS3.5 §A.5).
 * @throws Part10Error `deflate-failed`, `too-large`
 */
export function inflate(bytes: Buffer): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    return refuse(error);
  }
}

/** As `inflate`, beside other work. */
export async function inflateLater(bytes: Buffer): Promise<Buffer> {
  return inflateRawLater(bytes, { maxOutputLength: MAX_INFLATED_BYTES }).catch(refuse);
}

function refuse(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  throw new Part10Error(code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'deflate-failed', { code });
}

/** A sequence or encapsulated value that is being read. */
interface Open {
  readonly header: ElementHeader;
  readonly parent: Map<Tag, DataElement>;
  readonly items: DataSet[];
  readonly fragments: Buffer[];
  readonly isSequence: boolean;
}

function decodeElements(buffer: Buffer, encoding: Encoding): DataSet {
  const scanner = new Scanner({ at: 0, encoding }, buffer.length);
  const top = new Map<Tag, DataElement>();
  const open: Open[] = [];
  let elements = top;
  for (;;) {
    const token = scanner.next(buffer, 0);
    if (token === undefined || token.kind === 'end') return top;
    const innermost = open.at(-1);
    switch (token.kind) {
      case 'value': {
        const { tag, vr, valueStart } = token.header;
        const value = buffer.subarray(valueStart, token.end);
        elements.set(tag, { tag, vr, value: token.isBigEndian ? swapped(value, vr) : value });
        break;
      }
      case 'open': {
        const isSequence = token.content === 'items';
        open.push({ header: token.header, parent: elements, items: [], fragments: [], isSequence });
        break;
      }
      case 'item':
        elements = new Map();
        innermost?.items.push(elements);
        break;
      case 'fragment':
        innermost?.fragments.push(buffer.subarray(token.valueStart, token.end));
        break;
      case 'close':
        open.pop();
        if (innermost === undefined) break;
        elements = innermost.parent;
        elements.set(innermost.header.tag, openedElement(innermost));
        break;
      case 'item-end':
      case 'filler':
        break;
    }
  }
}

function openedElement({ header, items, fragments, isSequence }: Open): DataElement {
  const { tag, vr } = header;
  const value = Buffer.alloc(0);
  return isSequence ? { tag, vr: 'SQ', value, items } : { tag, vr, value, fragments };
}

/**
 * Reads a whole data set that is in memory. Values are views of `buffer`; numbers come in little endian.
 * @throws Part10Error `truncated`, `malformed`, `too-deep`, `deflate-failed`, `too-large`
 */
export function decodeDataSet(buffer: Buffer, transferSyntaxUID: string): DataSet {
  const syntax = transferSyntaxOf(transferSyntaxUID);
  return decodeElements(syntax.deflated ? inflate(buffer) : buffer, syntax);
}
