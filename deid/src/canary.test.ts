import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tagOf } from '@viaduct/dicom/dictionary';
import { type DataElement, type DataSet, decodeDataSet, editFile } from '@viaduct/dicom/part10';
import { describe, expect, test } from 'vitest';
import {
  BUILT_IN_PROFILES,
  type Profile,
  type ProfileOptions,
  builtInProfile,
  createPseudonymizer,
  shiftDate,
  dateShiftDays,
} from './index.ts';
import { BASIC_OPTIONS, type OptionColumn, columnsOf } from './options.ts';

/** An attribute of the answer key: where it is, what table E.1-1 says and what was planted. */
interface Row {
  /** `00400260[0].00082218[0].00080050` */
  readonly path: string;
  readonly keyword: string;
  readonly vr: string;
  readonly basicProfile: string;
  readonly options?: Readonly<Partial<Record<OptionColumn, string>>>;
  readonly canaries: readonly string[];
}

const testFile = (name: string): string =>
  fileURLToPath(new URL(`../../testing/dicom/canary/${name}`, import.meta.url));
const key = JSON.parse(readFileSync(testFile('answer-key.json'), 'utf8')) as {
  files: Record<'all-rows-top.dcm' | 'all-rows-nested.dcm', readonly Row[]> & {
    'misc.dcm': readonly { readonly canaries?: readonly string[] }[];
  };
};
const FILES = ['all-rows-top.dcm', 'all-rows-nested.dcm'] as const;

const PROJECT_KEY = Buffer.alloc(32, 7);
const BASIC = builtInProfile('basic');

async function deidentified(name: string, profile: Profile): Promise<{ bytes: string; dataSet: DataSet }> {
  const { editor } = createPseudonymizer({ projectKey: PROJECT_KEY, profile, pseudonym: 'P-001', patientId: '4711' });
  const edited = await editFile(testFile(name), editor);
  const bytes = Buffer.concat([edited.header, edited.trailer]);
  return { bytes: bytes.toString('latin1'), dataSet: decodeDataSet(edited.header, edited.transferSyntaxUID) };
}

function at(dataSet: DataSet, path: string): DataElement | undefined {
  const steps = path.split('.').map((step) => Number.parseInt(step.slice(0, 8), 16));
  const last = steps.pop() ?? 0;
  let list: DataSet | undefined = dataSet;
  for (const tag of steps) list = list?.get(tag)?.items?.[0];
  return list?.get(last);
}

/** Everything of an element that can be compared. */
function content(element: DataElement | undefined): unknown {
  if (element === undefined) return undefined;
  if (element.items === undefined) return element.value.toString('hex');
  return element.items.map((item) => [...item.values()].map((each) => [each.tag, content(each)]));
}

/** Whether a canary is in the bytes, and not only as the beginning of a longer UID. */
function holds(bytes: string, canary: string): boolean {
  return new RegExp(`${canary.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?!\\.?\\d)`).test(bytes);
}

/** What the marks write themselves, whatever the row says. */
const WRITTEN = new Set(
  ['PatientName', 'PatientID', 'PatientIdentityRemoved', 'LongitudinalTemporalInformationModified'].map(tagOf),
);
const isWritten = ({ path }: Row): boolean => path.length === 8 && WRITTEN.has(Number.parseInt(path, 16));

describe.each(FILES)('%s', (name) => {
  const rows = key.files[name];

  test('has 651 rows', () => expect(rows).toHaveLength(651));

  test('has no canary left under the Basic Profile', async () => {
    const { bytes } = await deidentified(name, BASIC);
    expect(rows.flatMap(({ canaries }) => canaries.filter((canary) => holds(bytes, canary)))).toEqual([]);
  });

  test('is treated as each row of the Basic Profile asks', async () => {
    const { dataSet } = await deidentified(name, BASIC);
    const wrong = rows.filter((row) => {
      const element = at(dataSet, row.path);
      const isEmpty = element !== undefined && element.value.length === 0 && (element.items?.length ?? 0) === 0;
      const allowsNothing = row.basicProfile.includes('X');
      const allowsEmpty = row.basicProfile.includes('Z');
      return element === undefined ? !allowsNothing : isEmpty ? !allowsEmpty : row.basicProfile === 'X';
    });
    expect(wrong).toEqual([]);
  });

  const OPTIONS: readonly (readonly [OptionColumn, Partial<ProfileOptions>])[] = [
    ['rtnUIDs', { retainUIDs: true }],
    ['rtnDevId', { retainDeviceIdentity: true }],
    ['rtnInstId', { retainInstitutionIdentity: true }],
    ['rtnPatChars', { retainPatientCharacteristics: true }],
    ['rtnLongFullDates', { dates: 'keep' }],
    ['rtnLongModifDates', { dates: 'shift' }],
    ['cleanDesc', { descriptors: 'clean' }],
    ['cleanStructCont', { cleanStructuredContent: true }],
    ['cleanGraph', { cleanGraphics: true }],
    ['rtnSafePriv', { retainSafePrivate: true }],
  ];

  test.each(OPTIONS)('changes under %s in exactly the rows that the table says', async (column, chosen) => {
    const original = decodeOriginal(name);
    const profile = { ...BASIC, options: { ...BASIC_OPTIONS, ...chosen }, maximumAge: null };
    const { dataSet: basic } = await deidentified(name, BASIC);
    const { dataSet, bytes } = await deidentified(name, profile);
    const wrong = rows.filter((row) => {
      if (isWritten(row)) return false;
      const [now, before] = [content(at(dataSet, row.path)), content(at(basic, row.path))];
      switch (row.options?.[column]) {
        case 'K':
          return row.vr === 'SQ' ? now === undefined : String(now) !== String(content(at(original, row.path)));
        case 'C':
          // Times of day stay where dates move: what happened when within a day is kept (PS3.15 §E.3.6).
          return row.vr !== 'TM' && row.canaries.some((canary) => holds(bytes, canary));
        default:
          return JSON.stringify(now) !== JSON.stringify(before);
      }
    });
    expect(wrong).toEqual([]);
  });

  test.each(BUILT_IN_PROFILES.map((profile) => [profile.id, profile] as const))(
    'has no canary left under the profile %s but where an option keeps it',
    async (_, profile) => {
      const { bytes } = await deidentified(name, profile);
      const columns = columnsOf(profile.options);
      const isKept = ({ options = {}, vr }: Row): boolean =>
        vr === 'TM' && profile.options.dates === 'shift'
          ? true
          : columns.some((column) => options[column] === 'K') ||
            (profile.options.descriptors === 'keep' && options.cleanDesc !== undefined);
      const leaks = rows
        .filter((row) => !isKept(row))
        .flatMap(({ canaries }) => canaries.filter((canary) => holds(bytes, canary)));
      expect(leaks).toEqual([]);
    },
  );

  test('has all dates of the table moved by the same number of days', async () => {
    const profile = { ...BASIC, options: { ...BASIC_OPTIONS, dates: 'shift' as const } };
    const { dataSet } = await deidentified(name, profile);
    const days = dateShiftDays(PROJECT_KEY, '', '4711');
    const dates = rows.filter(({ vr, options }) => vr === 'DA' && options?.rtnLongModifDates === 'C');
    const wrong = dates.filter(
      ({ path, canaries: [canary = ''] }) => at(dataSet, path)?.value.toString('latin1') !== shiftDate(canary, days),
    );
    expect(dates.length).toBeGreaterThan(40);
    expect(wrong).toEqual([]);
  });
});

function decodeOriginal(name: string): DataSet {
  const bytes = readFileSync(testFile(name));
  // Preamble, prefix and a file meta information whose length is right.
  return decodeDataSet(bytes.subarray(144 + bytes.readUInt32LE(140)), '1.2.840.10008.1.2.1');
}

test.each(BUILT_IN_PROFILES.map((profile) => [profile.id, profile] as const))(
  'misc.dcm has no canary left in private blocks under the profile %s',
  async (_, profile) => {
    const { bytes } = await deidentified('misc.dcm', profile);
    const planted = key.files['misc.dcm'].flatMap(({ canaries = [] }) => canaries);
    const isDescriptor = (canary: string): boolean => /PHIPROTO|PHIAGENT/.test(canary);
    const isKept = (canary: string): boolean => profile.options.descriptors === 'keep' && isDescriptor(canary);
    expect(planted.filter((canary) => holds(bytes, canary) && !isKept(canary))).toEqual([]);
  },
);

test('misc.dcm keeps its references together', async () => {
  const { dataSet } = await deidentified('misc.dcm', BASIC);
  const items = dataSet.get(tagOf('ReferencedImageSequence'))?.items ?? [];
  const uid = (item: DataSet | undefined, keyword: string): string | undefined =>
    item?.get(tagOf(keyword))?.value.toString('latin1');
  expect(items).toHaveLength(3);
  expect(uid(items[1], 'ReferencedSOPInstanceUID')).toBe(uid(dataSet, 'SOPInstanceUID'));
});
