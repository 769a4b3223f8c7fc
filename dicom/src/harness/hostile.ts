import type { Fixture } from './fixtures.ts';
import { type ModelElement, SYNTAX_UIDS, dataSetBytes, elementBytes, fileBytes } from './model.ts';

const first = Buffer.from('08001600554902003100', 'hex');
const explicit = (...parts: Buffer[]): Buffer => fileBytes(Buffer.concat([first, ...parts]), SYNTAX_UIDS.explicit);
const implicit = (...parts: Buffer[]): Buffer => fileBytes(Buffer.concat(parts), SYNTAX_UIDS.implicit);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** UN in UN in UN …, each of defined length, so that each may be tried as a sequence. */
function nestedUnknown(levels: number, isItemOpen: boolean): Buffer {
  let inner: Buffer = Buffer.from('end.');
  for (let level = 0; level < levels; level += 1) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(inner.length);
    const element = Buffer.concat([hex('09000110'), length, inner]);
    const itemLength = Buffer.alloc(4);
    itemLength.writeUInt32LE(isItemOpen ? 0xffffffff : element.length);
    inner = Buffer.concat([
      hex('feff00e0'),
      itemLength,
      element,
      isItemOpen ? hex('feff0de000000000') : Buffer.alloc(0),
    ]);
  }
  const head = Buffer.concat([hex('09000110554e0000'), Buffer.alloc(4)]);
  head.writeUInt32LE(inner.length, 8);
  return Buffer.concat([head, inner]);
}

/** Zeros that deflate to a thousandth. */
function bomb(): Buffer {
  const zeros: ModelElement = { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(300 * 1024 * 1024) };
  return fileBytes(dataSetBytes([zeros], 'deflated'), SYNTAX_UIDS.deflated);
}

/**
 * Files that were made to break a reader: to overflow its stack, to make its work grow with the square or the power of the input, to have it
 * allocate what a length announces. Each ends in a result or in a Part10Error.
 */
export function hostileFiles(): Fixture[] {
  return [
    {
      name: 'sequences without end, 20,000 deep',
      bytes: explicit(Buffer.alloc(20_000 * 20, hex('0800401153510000ffffffff' + 'feff00e0ffffffff'))),
    },
    {
      name: 'sequences of defined length, 5,000 deep',
      bytes: explicit(hex('0800401153510000ffffff7f' + 'feff00e0ffffff7e'.repeat(5000))),
    },
    { name: 'UN in UN, 3,000 deep', bytes: explicit(nestedUnknown(3000, false)) },
    { name: 'UN in UN with open items, 60 deep', bytes: explicit(nestedUnknown(60, true)) },
    { name: 'UN in UN with open items, 3,000 deep', bytes: explicit(nestedUnknown(3000, true)) },
    { name: 'a value of 4 GB', bytes: explicit(hex('420011004f420000feffffff')) },
    { name: 'a private value of 4 GB in implicit VR', bytes: implicit(hex('09000110feffffff')) },
    { name: 'an item of 4 GB', bytes: explicit(hex('0800401153510000ffffffff' + 'feff00e0feffffff')) },
    { name: 'a fragment of 4 GB', bytes: explicit(hex('e07f10004f420000ffffffff' + 'feff00e0feffffff')) },
    {
      name: 'file meta information of 4 GB',
      bytes: Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), hex('020001004f420000feffffff')]),
    },
    { name: '300 MB of zeros, deflated', bytes: bomb() },
    {
      name: 'a hundred thousand empty fragments',
      bytes: explicit(
        hex('e07f10004f420000ffffffff'),
        Buffer.alloc(800_000, hex('feff00e000000000')),
        hex('feffdde000000000'),
      ),
    },
    {
      name: 'a hundred thousand empty items',
      bytes: explicit(
        hex('0800401153510000ffffffff'),
        Buffer.alloc(800_000, hex('feff00e000000000')),
        hex('feffdde000000000'),
      ),
    },
    {
      name: 'the same element a hundred thousand times',
      bytes: explicit(Buffer.alloc(800_000, elementBytes([{ tag: 0x00100010, vr: 'PN' }], 'explicit'))),
    },
    { name: 'three hundred thousand elements', bytes: explicit(manyElements(300_000)) },
    { name: 'nothing', bytes: Buffer.alloc(0) },
    { name: 'one byte', bytes: Buffer.of(8) },
    { name: 'a preamble and no more', bytes: Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]) },
    { name: 'a hundred thousand zeros', bytes: Buffer.alloc(100_000) },
    { name: 'a hundred thousand times 255', bytes: Buffer.alloc(100_000, 255) },
    {
      name: 'a picture',
      bytes: Buffer.concat([hex('ffd8ffe000104a46494600010100000100010000'), Buffer.alloc(2000, 'jpeg')]),
    },
    { name: 'text', bytes: Buffer.from('Patient name: none. '.repeat(500)) },
  ];
}

function manyElements(count: number): Buffer {
  const elements = Buffer.alloc(count * 8);
  for (let at = 0; at < count; at += 1) {
    elements.writeUInt16LE(0x0010 + (at >>> 16), at * 8);
    elements.writeUInt16LE(at & 0xffff, at * 8 + 2);
    elements.write('LO', at * 8 + 4, 'latin1');
  }
  return elements;
}
