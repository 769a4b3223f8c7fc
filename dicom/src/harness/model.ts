import { deflateRawSync } from 'node:zlib';

/**
 * Data sets as a plain model, and their bytes, made without any code of part10: what tests compare its work with. Everything that a
 * writer may choose (length style, VR UN, group lengths, padding) is said by the model.
 */
export interface ModelElement {
  readonly tag: number;
  /** As written in explicit VR. */
  readonly vr: string;
  /** Numbers in little endian. */
  readonly value?: Buffer;
  readonly items?: readonly ModelItem[];
  /** Basic Offset Table and fragments. */
  readonly fragments?: readonly Buffer[];
  /** Whether a sequence ends with a delimiter; fragments always do. */
  readonly isUndefined?: boolean;
}

export interface ModelItem {
  readonly elements: readonly ModelElement[];
  readonly isUndefined?: boolean;
}

export type ModelSyntax = 'explicit' | 'implicit' | 'big' | 'deflated';

/** Transfer syntax UIDs of the model's syntaxes. */
export const SYNTAX_UIDS: Readonly<Record<ModelSyntax, string>> = {
  explicit: '1.2.840.10008.1.2.1',
  implicit: '1.2.840.10008.1.2',
  big: '1.2.840.10008.1.2.2',
  deflated: '1.2.840.10008.1.2.1.99',
};

const LONG_VRS = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));
const NUMBER_BYTES: Readonly<Record<string, number>> = {
  ...{ AT: 2, OW: 2, SS: 2, US: 2, FL: 4, OF: 4, OL: 4, SL: 4, UL: 4 },
  ...{ FD: 8, OD: 8, OV: 8, SV: 8, UV: 8 },
};

function uint(value: number, bytes: 2 | 4, syntax: ModelSyntax): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (syntax === 'big') buffer.writeUIntBE(value, 0, bytes);
  else buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}

function tagBytes(tag: number, syntax: ModelSyntax): Buffer {
  return Buffer.concat([uint(tag >>> 16, 2, syntax), uint(tag & 0xffff, 2, syntax)]);
}

function marker(tag: number, length: number, syntax: ModelSyntax): Buffer {
  return Buffer.concat([tagBytes(tag, syntax), uint(length, 4, syntax)]);
}

function head(tag: number, vr: string, length: number, syntax: ModelSyntax): Buffer {
  if (syntax === 'implicit') return marker(tag, length, syntax);
  const start = Buffer.concat([tagBytes(tag, syntax), Buffer.from(vr, 'latin1')]);
  return LONG_VRS.has(vr)
    ? Buffer.concat([start, Buffer.alloc(2), uint(length, 4, syntax)])
    : Buffer.concat([start, uint(length, 2, syntax)]);
}

function turned(value: Buffer, vr: string): Buffer {
  const size = NUMBER_BYTES[vr] ?? 1;
  const parts = Array.from({ length: value.length / size }, (_, at) =>
    Buffer.from(value.subarray(at * size, at * size + size)).reverse(),
  );
  return Buffer.concat(parts);
}

function itemBytes(item: ModelItem, syntax: ModelSyntax): Buffer {
  const content = elementBytes(item.elements, syntax);
  return item.isUndefined === true
    ? Buffer.concat([marker(0xfffee000, 0xffffffff, syntax), content, marker(0xfffee00d, 0, syntax)])
    : Buffer.concat([marker(0xfffee000, content.length, syntax), content]);
}

/** The bytes of these elements; items of VR UN are in implicit little endian (PS3.5 §6.2.2). */
export function elementBytes(elements: readonly ModelElement[], syntax: ModelSyntax): Buffer {
  const parts = elements.map((element) => {
    const { tag, vr, value = Buffer.alloc(0), items, fragments } = element;
    if (fragments !== undefined) {
      const framed = fragments.flatMap((fragment) => [marker(0xfffee000, fragment.length, syntax), fragment]);
      return Buffer.concat([head(tag, vr, 0xffffffff, syntax), ...framed, marker(0xfffee0dd, 0, syntax)]);
    }
    if (items !== undefined) {
      const inner = vr === 'UN' ? 'implicit' : syntax;
      const content = Buffer.concat(items.map((item) => itemBytes(item, inner)));
      return element.isUndefined === true
        ? Buffer.concat([head(tag, vr, 0xffffffff, syntax), content, marker(0xfffee0dd, 0, inner)])
        : Buffer.concat([head(tag, vr, content.length, syntax), content]);
    }
    const bytes = syntax === 'big' && vr !== 'UN' ? turned(value, vr) : value;
    return Buffer.concat([head(tag, vr, bytes.length, syntax), bytes]);
  });
  return Buffer.concat(parts);
}

const padUid = (uid: string): Buffer => Buffer.from(uid.length % 2 === 0 ? uid : `${uid}\0`, 'latin1');

/** File meta information; `transferSyntaxUID` is left out when it is empty. */
export function metaBytes(transferSyntaxUID: string, more: readonly ModelElement[] = []): Buffer {
  const uid = (tag: number, value: string): ModelElement => ({ tag, vr: 'UI', value: padUid(value) });
  const elements = [
    { tag: 0x00020001, vr: 'OB', value: Buffer.of(0, 1) },
    uid(0x00020002, '1.2.840.10008.5.1.4.1.1.7'),
    uid(0x00020003, '1.2.826.0.1.3680043.2.1'),
    ...(transferSyntaxUID === '' ? [] : [uid(0x00020010, transferSyntaxUID)]),
    ...more,
  ];
  const bytes = elementBytes(elements, 'explicit');
  const length = { tag: 0x00020000, vr: 'UL', value: uint(bytes.length, 4, 'explicit') };
  return Buffer.concat([elementBytes([length], 'explicit'), bytes]);
}

/** Preamble, `DICM`, file meta information, data set. */
export function fileBytes(dataSet: Buffer, transferSyntaxUID: string): Buffer {
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), metaBytes(transferSyntaxUID), dataSet]);
}

/** A data set as its transfer syntax has it in a file. */
export function dataSetBytes(elements: readonly ModelElement[], syntax: ModelSyntax): Buffer {
  const bytes = elementBytes(elements, syntax);
  if (syntax !== 'deflated') return bytes;
  const deflated = deflateRawSync(bytes);
  return deflated.length % 2 === 0 ? deflated : Buffer.concat([deflated, Buffer.alloc(1)]);
}
