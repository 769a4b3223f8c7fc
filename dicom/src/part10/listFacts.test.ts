import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tagOf } from '../dictionary/index.ts';
import {
  type DataElement,
  EXPLICIT_VR_BIG_ENDIAN,
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
  type ListFacts,
  dataSetOf,
  decodeDataSet,
  editFile,
  encodeDataSet,
  encodeFileMeta,
  sequenceElement,
  textElement,
  uint16Element,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-facts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const UTF8 = ['ISO_IR 192'];
const CONCEPT_NAME = tagOf('ConceptNameCodeSequence');
const CONTENT = tagOf('ContentSequence');
const text = (keyword: string, value: string): DataElement => textElement(tagOf(keyword), value, UTF8);
const item = (code: string, value: string) =>
  dataSetOf(sequenceElement(CONCEPT_NAME, [dataSetOf(text('CodeValue', code))]), text('TextValue', value));

function write(transferSyntaxUID: string): string {
  const path = join(folder, `${transferSyntaxUID}.dcm`);
  const meta = { sopClassUID: '1.2.840.10008.5.1.4.1.1.88.11', sopInstanceUID: '1.2.3', transferSyntaxUID };
  const elements = [
    text('SpecificCharacterSet', 'ISO_IR 192'),
    sequenceElement(CONTENT, [item('A', 'Größe'), item('B', 'zwei')]),
    uint16Element(tagOf('Rows'), 258),
  ];
  writeFileSync(path, Buffer.concat([encodeFileMeta(meta), encodeDataSet(elements, transferSyntaxUID)]));
  return path;
}

test.each([EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN])(
  'in %s an element knows its neighbours, through sequences and in the character set that holds',
  async (syntax) => {
    const seen: (readonly string[])[] = [];
    await editFile(write(syntax), {
      visit: ({ tag, list }) => {
        if (tag === tagOf('TextValue')) {
          seen.push([...list.text(CONCEPT_NAME, tagOf('CodeValue')), ...list.text(tag), String(list.tags.length)]);
        }
        return 'recurse';
      },
    });
    expect(seen).toEqual([
      ['A', 'Größe', '2'],
      ['B', 'zwei', '2'],
    ]);
  },
);

test('an item that is denied goes whole, and the rest is counted anew', async () => {
  const path = write(EXPLICIT_VR_LITTLE_ENDIAN);
  const keepsItem = (list: ListFacts): boolean => list.text(CONCEPT_NAME, tagOf('CodeValue'))[0] !== 'A';
  const { header } = await editFile(path, {
    visit: ({ tag }) => (tag === CONTENT ? { recurse: () => 'recurse', keepsItem } : 'keep'),
  });
  const items = decodeDataSet(header, EXPLICIT_VR_LITTLE_ENDIAN).get(CONTENT)?.items ?? [];
  expect(items.map((kept) => kept.get(tagOf('TextValue'))?.value.toString())).toEqual(['zwei']);
});

test('an absent path has no text', async () => {
  const found: (readonly string[])[] = [];
  await editFile(write(EXPLICIT_VR_LITTLE_ENDIAN), (facts) => {
    found.push(facts.text(CONTENT), facts.text(CONTENT, tagOf('PatientName')), facts.text(CONCEPT_NAME, CONTENT));
    return { visit: () => 'keep' };
  });
  expect(found).toEqual([[], [], []]);
});

test.each([EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN])(
  'in %s numbers and all items can be asked for',
  async (syntax) => {
    const found: unknown[] = [];
    await editFile(write(syntax), (facts) => {
      found.push(
        facts.numbers(tagOf('Rows')),
        facts.numbers(CONTENT),
        facts.items(CONTENT).flatMap((each) => each.text(tagOf('TextValue'))),
      );
      return { visit: () => 'keep' };
    });
    expect(found).toEqual([[258], [], ['Größe', 'zwei']]);
  },
);
