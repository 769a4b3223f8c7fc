import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tagOf } from '@viaduct/dicom/dictionary';
import {
  type DataElement,
  type DataSet,
  EXPLICIT_VR_LITTLE_ENDIAN,
  dataSetOf,
  decodeDataSet,
  editFile,
  encodeDataSet,
  encodeFileMeta,
  sequenceElement,
  textElement,
  textOf,
} from '@viaduct/dicom/part10';
import { afterAll, describe, expect, test } from 'vitest';
import { CONTENT_ROWS, SAFE_PRIVATE_ROWS } from './standard.ts';
import { type Profile, builtInProfile, createPseudonymizer } from './index.ts';
import { BASIC_OPTIONS, type OptionColumn, type ProfileOptions } from './options.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-tables-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BASIC = builtInProfile('basic');
const withOptions = (options: Partial<ProfileOptions>): Profile => ({
  ...BASIC,
  options: { ...BASIC_OPTIONS, ...options },
});
const text = (keyword: string, value: string): DataElement => textElement(tagOf(keyword), value);

async function editedFile(path: string, profile: Profile): Promise<{ dataSet: DataSet; bytes: string }> {
  const settings = { projectKey: Buffer.alloc(32, 7), profile, pseudonym: 'P-001', patientId: '4711' };
  const { header, trailer, transferSyntaxUID } = await editFile(path, createPseudonymizer(settings).editor);
  const dataSet = decodeDataSet(header, transferSyntaxUID);
  const bytes = Buffer.concat([encodeDataSet(dataSet.values(), EXPLICIT_VR_LITTLE_ENDIAN), trailer]);
  return { dataSet, bytes: bytes.toString('latin1') };
}

let made = 0;
function deidentified(
  elements: readonly DataElement[],
  profile: Profile,
): Promise<{ dataSet: DataSet; bytes: string }> {
  const path = join(folder, `${(made += 1)}.dcm`);
  const meta = { sopClassUID: '1.2.3', sopInstanceUID: '1.2.3.4', transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN };
  writeFileSync(path, Buffer.concat([encodeFileMeta(meta), encodeDataSet(elements, EXPLICIT_VR_LITTLE_ENDIAN)]));
  return editedFile(path, profile);
}

/** What stands in an item of a value type, and a value that would tell who somebody is. */
const VALUES: Readonly<Record<string, readonly [keyword: string, value: string]>> = {
  TEXT: ['TextValue', 'QZXWVK'],
  PNAME: ['PersonName', 'QZXWVK'],
  DATE: ['Date', '19470823'],
  TIME: ['Time', '174747'],
  DATETIME: ['DateTime', '19470823174747'],
  UIDREF: ['UID', '1.2.47.47.47'],
};
const REFERENCED = '1.2.47.47.48';

function contentItem(scheme: string, value: string, valueType: string): DataSet {
  const code = dataSetOf(
    text('CodeValue', value),
    text('CodingSchemeDesignator', scheme),
    text('CodeMeaning', 'Concept'),
  );
  const [keyword, content] = VALUES[valueType] ?? ['TextValue', ''];
  const reference = dataSetOf(
    text('ReferencedSOPClassUID', '1.2.840.10008.5.1.4.1.1.2'),
    text('ReferencedSOPInstanceUID', REFERENCED),
  );
  const inner =
    valueType in VALUES ? text(keyword, content) : sequenceElement(tagOf('ReferencedSOPSequence'), [reference]);
  return dataSetOf(
    text('RelationshipType', 'CONTAINS'),
    text('ValueType', valueType),
    sequenceElement(tagOf('ConceptNameCodeSequence'), [code]),
    inner,
  );
}

async function contentOf(
  scheme: string,
  value: string,
  valueType: string,
  options: Partial<ProfileOptions>,
): Promise<string | undefined> {
  const sequence = sequenceElement(tagOf('ContentSequence'), [contentItem(scheme, value, valueType)]);
  const { dataSet } = await deidentified([sequence], withOptions(options));
  const [item] = dataSet.get(tagOf('ContentSequence'))?.items ?? [];
  if (item === undefined) return undefined;
  const [reference] = item.get(tagOf('ReferencedSOPSequence'))?.items ?? [];
  const [keyword] = VALUES[valueType] ?? ['TextValue'];
  return reference === undefined
    ? (textOf(item, tagOf(keyword))[0] ?? '')
    : (textOf(reference, tagOf('ReferencedSOPInstanceUID'))[0] ?? '');
}

const CHOICES: readonly (readonly [OptionColumn, Partial<ProfileOptions>])[] = [
  ['rtnUIDs', { retainUIDs: true }],
  ['rtnDevId', { retainDeviceIdentity: true }],
  ['rtnInstId', { retainInstitutionIdentity: true }],
  ['rtnPatChars', { retainPatientCharacteristics: true }],
  ['rtnLongFullDates', { dates: 'keep' }],
  ['rtnLongModifDates', { dates: 'shift' }],
  ['cleanDesc', { descriptors: 'clean' }],
];

describe('table E.3.4-1', () => {
  test('has 214 rows', () => expect(CONTENT_ROWS).toHaveLength(214));

  test.each(CONTENT_ROWS.map((row) => [`${row[0]} ${row[1]} ${row[2]}`, row] as const))(
    '%s is treated as its row says, by the Basic Profile and by each option',
    async (_, [scheme, value, valueType, code, options]) => {
      const original = VALUES[valueType]?.[1] ?? REFERENCED;
      const basic = await contentOf(scheme, value, valueType, {});
      if (code === 'X') expect(basic).toBeUndefined();
      else expect(basic).not.toBe(original);
      for (const [column, chosen] of CHOICES) {
        const found = await contentOf(scheme, value, valueType, chosen);
        if (options[column] === 'K') {
          if (valueType in VALUES || column === 'rtnUIDs') expect(found, column).toBe(original);
        } else if (options[column] === 'C') {
          expect(found, column).not.toBeUndefined();
          if (valueType !== 'TIME') expect(found, column).not.toBe(original);
        } else if (code === 'X') {
          expect(found, column).toBeUndefined();
        }
      }
    },
  );
});

describe('table E.3.10-1', () => {
  const VALUE: Readonly<Record<string, string>> = {
    DS: '1.5 ',
    IS: '15',
    CS: 'CODE',
    LO: 'axial ',
    SH: 'axial ',
    ST: 'axial ',
    LT: 'axial ',
  };

  test('has 479 rows', () => expect(SAFE_PRIVATE_ROWS).toHaveLength(479));

  test('stays with the option, at any block, and goes without it', async () => {
    const profile = withOptions({ retainSafePrivate: true });
    const wrong: string[] = [];
    for (const [creator, group, element, vr] of SAFE_PRIVATE_ROWS) {
      if (vr === 'SQ' || vr === 'UI') continue;
      const written = vr.split('/')[0] || 'LO';
      const value = Buffer.from(VALUE[written] ?? '12345678');
      const elements = [
        { tag: ((group << 16) | 0x0042) >>> 0, vr: 'LO', value: Buffer.from(creator) },
        { tag: ((group << 16) | 0x4200 | element) >>> 0, vr: written, value },
      ];
      const tags = elements.map(({ tag }) => tag);
      const kept = (await deidentified(elements, profile)).dataSet;
      const gone = (await deidentified(elements, BASIC)).dataSet;
      const isRight = kept.get(tags[1] ?? 0)?.value.equals(value) === true && kept.has(tags[0] ?? 0);
      if (!isRight || tags.some((tag) => gone.has(tag))) wrong.push(`${creator} ${group} ${element} ${vr}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('the answer key in other encodings', () => {
  const canary = (name: string): string =>
    fileURLToPath(new URL(`../../testing/dicom/canary/${name}`, import.meta.url));
  const key = JSON.parse(readFileSync(canary('answer-key.json'), 'utf8')) as {
    files: Record<string, readonly { canaries: readonly string[] }[]>;
  };
  const FILES = ['all-rows-top.dcm', 'all-rows-nested.dcm'];
  const ENCODINGS: readonly (readonly [string, readonly string[]])[] = [
    ['implicit little endian', ['+ti']],
    ['explicit big endian', ['+tb']],
    ['deflated', ['+td']],
    ['undefined lengths', ['+te', '-e']],
    ['defined lengths and group lengths', ['+te', '+e', '+g']],
  ];

  test.each(FILES.flatMap((name) => ENCODINGS.map(([encoding, options]) => [name, encoding, options] as const)))(
    '%s has no canary left in %s',
    async (name, _, options) => {
      const path = join(folder, `${(made += 1)}.dcm`);
      execFileSync('dcmconv', ['-q', ...options, canary(name), path]);
      const { bytes } = await editedFile(path, BASIC);
      const planted = (key.files[name] ?? []).flatMap(({ canaries }) => canaries);
      expect(planted.filter((each) => bytes.includes(each))).toEqual([]);
    },
  );

  test.each(FILES)('%s has none left ten sequences deeper, in second items', async (name) => {
    const bytes = readFileSync(canary(name));
    let item = decodeDataSet(bytes.subarray(144 + bytes.readUInt32LE(140)), EXPLICIT_VR_LITTLE_ENDIAN);
    item = dataSetOf(...[...item.values()].filter(({ tag }) => tag >>> 16 >= 8 && tag !== tagOf('PixelData')));
    for (let depth = 0; depth < 10; depth += 1) {
      item = dataSetOf(
        sequenceElement(tagOf('PerformedProtocolCodeSequence'), [dataSetOf(text('CodeValue', '1')), item]),
      );
    }
    const { bytes: out } = await deidentified([...item.values()], BASIC);
    const planted = (key.files[name] ?? []).flatMap(({ canaries }) => canaries);
    expect(planted.filter((each) => out.includes(each))).toEqual([]);
  });
});
