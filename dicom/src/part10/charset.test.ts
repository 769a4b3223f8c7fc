import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { READABLE, testFile } from '../testFiles.ts';
import { Part10Error, characterSetTerms, decodeText, editFile, encodeText, readAttributes } from './index.ts';

const NAME = 0x00100010;
const TERMS = 0x00080005;

async function nameOf(file: string): Promise<{ bytes: Buffer; terms: string[] }> {
  const attributes = await readAttributes(testFile(file), [TERMS, NAME]);
  return {
    bytes: attributes.get(NAME)?.value ?? Buffer.alloc(0),
    terms: characterSetTerms(attributes.get(TERMS)?.value),
  };
}

/** What DCMTK makes of it, as UTF-8. */
function nameByDcmtk(file: string): string {
  const dump = execFileSync('dcmdump', ['-q', '+U8', '+P', 'PatientName', testFile(file)], { encoding: 'utf8' });
  return /\[(.*)\]/.exec(dump)?.[1] ?? '';
}

/** Names that DCMTK cannot convert; the first two are PS3.5 §H.3.1 and §H.3.2. */
const KNOWN: Readonly<Record<string, string>> = {
  'charset/chrH31.dcm': 'Yamada^Tarou=山田^太郎=やまだ^たろう',
  'charset/chrH32.dcm': 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
  'charset/chrJapMulti.dcm': 'やまだ^たろう',
  'charset/chrJapMultiExplicitIR6.dcm': 'やまだ^たろう',
  'charset/chrSQEncoding.dcm': '',
  'charset/chrSQEncoding1.dcm': '',
};

const charsetFiles = READABLE.filter((name) => name.startsWith('charset/'));

describe('patient names', () => {
  test('there are files to try', () => expect(charsetFiles.length).toBeGreaterThanOrEqual(17));

  test.each(charsetFiles)('of %s read as the standard or DCMTK reads them', async (file) => {
    const { bytes, terms } = await nameOf(file);
    expect(decodeText(bytes, terms, 'PN').trimEnd()).toBe(KNOWN[file] ?? nameByDcmtk(file).trimEnd());
  });

  test.each(charsetFiles)('of %s survive decoding, encoding and decoding', async (file) => {
    const { bytes, terms } = await nameOf(file);
    const text = decodeText(bytes, terms, 'PN');
    expect(decodeText(encodeText(text, terms, 'PN'), terms, 'PN')).toBe(text);
  });
});

test.each([
  [['ISO_IR 100'], 'Müller^Jürgen'],
  [['ISO_IR 101'], 'Dvořák'],
  [['ISO_IR 144'], 'Люксембург'],
  [['ISO_IR 126'], 'Διονυσιος'],
  [['ISO_IR 148'], 'Çavuşoğlu'],
  [['ISO_IR 166'], 'นามสกุล'],
  [['ISO_IR 13'], 'ﾔﾏﾀﾞ^ﾀﾛｳ'],
  [['', 'ISO 2022 IR 87'], 'Yamada^Tarou=山田^太郎=やまだ^たろう'],
  [['', 'ISO 2022 IR 159'], '丂丄丅'],
  [['', 'ISO 2022 IR 149'], 'Hong^Gildong=洪^吉洞=홍^길동'],
  [['', 'ISO 2022 IR 58'], 'Zhang^XiaoDong=张^小东='],
  [['GB18030'], 'Wang^XiaoDong=王^小东=㐀€'],
  [['GB18030'], '🙂 \u{20000} \u{10ffff}'],
  [['GBK'], 'Wang^XiaoDong=王^小东='],
  [['ISO_IR 192'], 'Müller 山田 🙂'],
])('%j holds %s', (terms, text) => {
  expect(decodeText(encodeText(text, terms, 'PN'), terms, 'PN')).toBe(text);
});

test('a character that the set lacks is refused', () => {
  expect(() => encodeText('山', ['ISO_IR 100'], 'LO')).toThrow('text-not-encodable');
  expect(() => encodeText('ü', [], 'LO')).toThrow('text-not-encodable');
  expect(() => encodeText('㐀', ['GBK'], 'LO')).toThrow('text-not-encodable');
  expect(() => encodeText('🙂', ['', 'ISO 2022 IR 87'], 'LO')).toThrow('text-not-encodable');
  expect(() => encodeText('ü', ['ISO_IR 192'], 'CS')).toThrow('text-not-encodable');
});

test.each(['charset/chrSQEncoding.dcm', 'charset/chrSQEncoding1.dcm'])(
  'a name in an item of %s is read in the character set of the item, or else of the data set',
  async (file) => {
    const names: (readonly string[])[] = [];
    await editFile(testFile(file), (facts) => {
      for (const item of facts.items(0x00321064)) names.push(item.text(NAME));
      return { visit: () => 'keep' };
    });
    expect(names).toEqual([['ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう']]);
  },
);

const TERMS_OF_TEXT = [
  ['ISO_IR 100'],
  ['', 'ISO 2022 IR 87'],
  ['', 'ISO 2022 IR 149'],
  ['GB18030'],
  ['GBK'],
  ['ISO_IR 192'],
];
test('text that can be encoded at all comes back, whatever it is', () => {
  const characters = fc.constantFrom(...'aZ^=\\ éüß山田太郎やまだ洪吉洞홍길동王小东ﾔ🙂');
  const text = fc.array(characters, { maxLength: 30 }).map((list) => list.join(''));
  fc.assert(
    fc.property(text, fc.constantFrom(...TERMS_OF_TEXT), fc.constantFrom('PN', 'LO', 'UT'), (value, terms, vr) => {
      try {
        expect(decodeText(encodeText(value, terms, vr), terms, vr)).toBe(value);
      } catch (error) {
        if (!(error instanceof Part10Error)) throw error;
        expect(error.reason).toBe('text-not-encodable');
      }
    }),
    { numRuns: 2000 },
  );
});

test('decoding never throws', () => {
  const terms = fc.array(fc.constantFrom('', 'ISO_IR 100', 'ISO 2022 IR 87', 'ISO 2022 IR 149', 'GB18030', 'nonsense'));
  const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => array.map((byte, at) => (at % 5 === 0 ? 0x1b : byte)));
  fc.assert(fc.property(bytes, terms, (value, set) => void decodeText(value, set, 'PN')));
});
