import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { READABLE, testFile } from '../testFiles.ts';
import {
  type DataElement,
  Part10Error,
  dataSetOf,
  decodeDataSet,
  decodeFileMeta,
  editFile,
  encodeDataSet,
  encodeFileMeta,
  readAttributes,
  readFileMeta,
  sequenceElement,
  textElement,
  textOf,
  uint16Element,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-codec-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SYNTAXES = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2', '1.2.840.10008.1.2.1.99'];

/** Elements whose VR the dictionary knows, so that implicit VR brings them back. */
const leaf = fc
  .tuple(
    fc.constantFrom([0x00080060, 'CS'], [0x00100010, 'PN'], [0x00080018, 'UI'], [0x00280010, 'US'], [0x00089459, 'FL']),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([[tag, vr], bytes]) => ({
    tag: Number(tag),
    vr: String(vr),
    value: Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 4))),
  }));
const { elements } = fc.letrec<{ elements: DataElement[]; sequence: DataElement }>((tie) => ({
  elements: fc.uniqueArray(fc.oneof({ maxDepth: 4 }, leaf, tie('sequence')), {
    selector: ({ tag }) => tag,
    maxLength: 5,
  }),
  sequence: fc
    .tuple(fc.constantFrom(0x00081140, 0x0040a730, 0x00400275), fc.array(tie('elements'), { maxLength: 3 }))
    .map(([tag, items]) =>
      sequenceElement(
        tag,
        items.map((item) => dataSetOf(...item.sort((a, b) => a.tag - b.tag))),
      ),
    ),
}));

test.each(SYNTAXES)('data sets come back as they were written in %s', (syntax) => {
  fc.assert(
    fc.property(elements, (list) => {
      const expected = dataSetOf(...[...list].sort((a, b) => a.tag - b.tag));
      expect(decodeDataSet(encodeDataSet(list, syntax), syntax)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('junk throws Part10Error or nothing', () => {
  const check = (run: () => unknown): void => {
    try {
      run();
    } catch (error) {
      expect(error).toBeInstanceOf(Part10Error);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom(...SYNTAXES), (bytes, syntax) => {
      check(() => decodeDataSet(Buffer.from(bytes), syntax));
      check(() => decodeFileMeta(Buffer.concat([Buffer.alloc(128), Buffer.from('DICM\x02\0'), bytes])));
    }),
    { numRuns: 2000 },
  );
});

test('real files with damaged bytes throw Part10Error or nothing', async () => {
  const path = join(folder, 'damaged.dcm');
  const damage = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...READABLE),
      fc.array(damage, { minLength: 1, maxLength: 8 }),
      fc.option(fc.nat()),
      async (file, damages, cut) => {
        const original = readFileSync(testFile(file));
        const bytes = cut === null ? original : original.subarray(0, cut % original.length);
        for (const [at, byte] of damages) if (bytes.length > 0) bytes[at % Math.min(bytes.length, 3000)] = byte;
        writeFileSync(path, bytes);
        const failure = await editFile(path, { visit: ({ vr }) => (vr === 'LO' ? 'remove' : 'recurse') }).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failure !== undefined) expect(failure).toBeInstanceOf(Part10Error);
      },
    ),
    { numRuns: 400 },
  );
});

test('nesting without end is refused', () => {
  const open = Buffer.from('0800401153510000ffffffff' + 'feff00e0ffffffff', 'hex');
  const bytes = Buffer.concat(Array.from({ length: 5000 }, () => open));
  expect(() => decodeDataSet(bytes, '1.2.840.10008.1.2.1')).toThrow('too-deep');
});

test('a value too long for its VR is refused', () => {
  const value = Buffer.alloc(0x10000, 'x');
  expect(() => encodeDataSet([{ tag: 0x00080060, vr: 'CS', value }], '1.2.840.10008.1.2.1')).toThrow('value-too-long');
});

test('a file made of file meta and data set satisfies DCMTK and is read back', async () => {
  const path = join(folder, 'made.dcm');
  const meta = {
    sopClassUID: '1.2.840.10008.5.1.4.1.1.7',
    sopInstanceUID: '2.25.7',
    transferSyntaxUID: SYNTAXES[1] ?? '',
  };
  const terms = ['ISO_IR 192'];
  const elements = [
    textElement(0x00080005, terms),
    textElement(0x00100010, 'Müller^Jürgen', terms),
    textElement(0x00080008, ['ORIGINAL', 'PRIMARY']),
    uint16Element(0x00280010, 512),
    { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(0), fragments: [Buffer.alloc(0), Buffer.of(1, 2, 3)] },
  ];
  writeFileSync(path, Buffer.concat([encodeFileMeta(meta), encodeDataSet(elements, meta.transferSyntaxUID)]));
  execFileSync('dcmftest', [path]);
  expect(execFileSync('dcmdump', [path], { encoding: 'utf8' })).toContain('Müller^Jürgen');
  expect((await readFileMeta(path)).meta).toEqual(meta);
  const read = await readAttributes(path, [0x00080005, 0x00080008, 0x00100010]);
  expect(textOf(read, 0x00100010)).toEqual(['Müller^Jürgen']);
  expect(textOf(read, 0x00080008)).toEqual(['ORIGINAL', 'PRIMARY']);
});
