import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import {
  BUILT_IN_PROFILES,
  DeidError,
  type Profile,
  type ProfileRule,
  builtInProfile,
  createPseudonymizer,
  deriveIdentifier,
  formatProfile,
  parseProfile,
  profileHash,
  profileWarnings,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-profile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RESEARCH = builtInProfile('research');
const PROJECT_KEY = Buffer.alloc(32, 7);
const text = (keyword: string, value: string): DataElement => textElement(tagOf(keyword), value);

let made = 0;
async function deidentified(elements: readonly DataElement[], profile: Profile): Promise<DataSet> {
  const path = join(folder, `${(made += 1)}.dcm`);
  const meta = { sopClassUID: '1.2.3', sopInstanceUID: '1.2.3.4', transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN };
  const dataSet = encodeDataSet([text('StudyInstanceUID', '1.2.3'), ...elements], EXPLICIT_VR_LITTLE_ENDIAN);
  writeFileSync(path, Buffer.concat([encodeFileMeta(meta), dataSet]));
  const { editor } = createPseudonymizer({ projectKey: PROJECT_KEY, profile, pseudonym: 'P-1', patientId: '4711' });
  return decodeDataSet((await editFile(path, editor)).header, EXPLICIT_VR_LITTLE_ENDIAN);
}

describe('a profile as a file', () => {
  test.each(BUILT_IN_PROFILES.map((profile) => [profile.id, profile] as const))(
    '%s comes back as it was',
    (_, profile) => {
      expect(parseProfile(JSON.parse(formatProfile(profile)))).toEqual(profile);
    },
  );

  test('has the Basic Profile for what it does not say', () => {
    const { options, rules, pixels } = parseProfile({ id: 'mine' });
    expect(options).toEqual(builtInProfile('basic').options);
    expect(rules).toEqual([]);
    expect(pixels.atRisk).toBe('review');
  });

  test.each([
    [{ id: 'Mine!' }, 'id: lower-case letters, digits and hyphens, at most 40'],
    [{ id: 'mine', datse: 1 }, 'profile.datse: unknown'],
    [{ id: 'mine', options: { dates: 'moved' } }, 'options.dates: one of remove, shift, keep is expected'],
    [{ id: 'mine', options: { retainUIDs: 'yes' } }, 'options.retainUIDs: true or false is expected'],
    [{ id: 'mine', rules: [{ match: {}, action: { do: 'keep' } }] }, 'rules[0].match: says nothing'],
    [
      { id: 'mine', rules: [{ match: { module: 'Studies' }, action: { do: 'keep' } }] },
      'rules[0].match.module: Studies is no module that rules can name',
    ],
    [
      { id: 'mine', safePrivate: [{ creator: 'A', group: 8, element: 1 }] },
      'safePrivate[0].group: an odd group is expected',
    ],
    [{ id: 'mine', descriptors: { patterns: ['('] } }, 'descriptors.patterns[0]: no regular expression'],
    [[], 'profile: an object is expected'],
  ])('is refused with the reason in words: %j', (json, problem) => {
    const failure = ((): unknown => {
      try {
        return parseProfile(json);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(DeidError);
    expect((failure as DeidError).problems).toContain(problem);
  });

  test('has a hash that changes with what it does, and not with what it is called', () => {
    expect(profileHash({ ...RESEARCH, name: 'other' })).toBe(profileHash(RESEARCH));
    expect(profileHash({ ...RESEARCH, maximumAge: null })).not.toBe(profileHash(RESEARCH));
    expect(new Set(BUILT_IN_PROFILES.map(profileHash)).size).toBe(BUILT_IN_PROFILES.length);
  });
});

describe('warnings', () => {
  const rule = (attribute: string, action: ProfileRule['action']): Profile => ({
    ...RESEARCH,
    rules: [{ match: { attribute }, action }],
  });

  test.each(['basic', 'research', 'full-dates'])('there are none for %s', (id) => {
    expect(profileWarnings(builtInProfile(id))).toEqual([]);
  });

  test('tell of a rule that is weaker than the table, and not of one that is stronger', () => {
    expect(profileWarnings(rule('PatientAddress', { do: 'keep' }))).toEqual([
      'Rule 1 is weaker than the Basic Profile, which has X for PatientAddress.',
    ]);
    expect(profileWarnings(rule('0010xxxx', { do: 'keep' }))[0]).toContain('all attributes 0010xxxx');
    expect(profileWarnings(rule('Manufacturer', { do: 'remove' }))).toEqual([]);
  });

  test('tell of a module in which the table has rows', () => {
    const about = (module: string): readonly string[] =>
      profileWarnings({ ...RESEARCH, rules: [{ match: { module }, action: { do: 'keep' } }] });
    expect(about('Patient Study')).toEqual([
      'Rule 1 lets attributes of the module Patient Study through, whatever the table says.',
    ]);
    expect(about('Image Plane')).toEqual([]);
  });

  test('tell of images that pass unseen and of descriptions that stay', () => {
    expect(profileWarnings({ ...RESEARCH, pixels: { atRisk: 'pass', masks: [] } })).toHaveLength(1);
    expect(profileWarnings(builtInProfile('adit-compatible')).join()).toContain('Descriptions stay');
    expect(profileWarnings(builtInProfile('minimal')).join()).toContain('UIDs stay');
  });
});

describe('a rule of the profile', () => {
  const elements = [
    text('StudyDescription', 'Kopf für Müller'.replaceAll('ü', 'u')),
    text('Manufacturer', 'ACME'),
    text('StudyID', 'S-1'),
    text('StudyDate', '20240301'),
  ];
  test.each<[ProfileRule['action'], string, readonly string[]]>([
    [{ do: 'keep' }, 'StudyDescription', ['Kopf fur Muller']],
    [{ do: 'remove' }, 'Manufacturer', []],
    [{ do: 'replace', with: 'Head' }, 'StudyDescription', ['Head']],
    [{ do: 'clean' }, 'StudyDescription', ['Kopf']],
    [{ do: 'substitute', pattern: 'Muller', with: 'X' }, 'StudyDescription', ['Kopf fur X']],
    [{ do: 'hash' }, 'Manufacturer', [deriveIdentifier(PROJECT_KEY, 'Manufacturer', 'ACME')]],
    [{ do: 'dummy' }, 'StudyDate', ['19000101']],
    [{ do: 'empty' }, 'StudyDate', []],
  ])('%j wins over the table for %s', async (action, attribute, expected) => {
    const dataSet = await deidentified(elements, { ...RESEARCH, rules: [{ match: { attribute }, action }] });
    expect(textOf(dataSet, tagOf(attribute))).toEqual(expected);
  });

  test('may be for a VR or a private creator', async () => {
    const creator = { tag: 0x00290010, vr: 'LO', value: Buffer.from('ACME') };
    const kept = { tag: 0x00291001, vr: 'LO', value: Buffer.from('value ') };
    const rules: ProfileRule[] = [
      { match: { vr: 'TM' }, action: { do: 'empty' } },
      { match: { privateCreator: 'ACME' }, action: { do: 'keep' } },
    ];
    const dataSet = await deidentified([text('StudyTime', '101112'), creator, kept], { ...RESEARCH, rules });
    expect(textOf(dataSet, tagOf('StudyTime'))).toEqual([]);
    expect(dataSet.get(kept.tag)?.value).toEqual(kept.value);
    expect(dataSet.has(creator.tag)).toBe(true);
  });

  test('may be for a module of PS3.3: its attributes at the top level, overlays of every group', async () => {
    const weight = text('PatientWeight', '70');
    const overlay = { tag: 0x60020040, vr: 'CS', value: Buffer.from('R ') };
    const rules: ProfileRule[] = [
      { match: { module: 'Patient Study' }, action: { do: 'remove' } },
      { match: { module: 'Overlay Plane' }, action: { do: 'keep' } },
    ];
    const nested = sequenceElement(tagOf('ReferencedImageSequence'), [dataSetOf(weight)]);
    const dataSet = await deidentified([weight, text('SliceThickness', '5'), overlay, nested], { ...RESEARCH, rules });
    expect(dataSet.has(weight.tag)).toBe(false);
    expect(textOf(dataSet, tagOf('SliceThickness'))).toEqual(['5']);
    expect(dataSet.has(overlay.tag)).toBe(true);
    expect(dataSet.get(nested.tag)?.items?.[0]?.has(weight.tag)).toBe(true);
  });

  test('cannot make the patient known: name and number are the pseudonym all the same', async () => {
    const rules: ProfileRule[] = [{ match: { attribute: '0010xxxx' }, action: { do: 'keep' } }];
    const dataSet = await deidentified([text('PatientName', 'Muster^Max')], { ...RESEARCH, rules });
    expect(textOf(dataSet, tagOf('PatientName'))).toEqual(['P-1']);
  });
});

describe('settings of a profile', () => {
  test('its own words stay in descriptions, and what went is told', async () => {
    const descriptors = { terms: ['Zebra'], patterns: ['proto-?\\d+'] };
    const dataSet = await deidentified([text('SeriesDescription', 'Zebra head proto7 Smith')], {
      ...RESEARCH,
      descriptors,
    });
    expect(textOf(dataSet, tagOf('SeriesDescription'))).toEqual(['Zebra head proto7']);
  });

  test('the age of the oldest is capped as it says', async () => {
    const elements = [text('PatientAge', '097Y')];
    const age = async (maximumAge: number | null): Promise<string[]> =>
      textOf(await deidentified(elements, { ...RESEARCH, maximumAge }), tagOf('PatientAge'));
    expect(await age(89)).toEqual(['090Y']);
    expect(await age(null)).toEqual(['097Y']);
  });

  test('the age is told where only the birth date was', async () => {
    const elements = [text('PatientBirthDate', '19600302'), text('StudyDate', '20240301')];
    const dataSet = await deidentified(elements, RESEARCH);
    expect(textOf(dataSet, tagOf('PatientAge'))).toEqual(['063Y']);
    expect(textOf(dataSet, tagOf('PatientBirthDate'))).toEqual([]);
  });

  test('studies are kept apart by derived identifiers, or are not', async () => {
    const elements = [text('AccessionNumber', 'A-1'), text('StudyID', 'A-1')];
    const derived = await deidentified(elements, RESEARCH);
    const emptied = await deidentified(elements, builtInProfile('basic'));
    expect(textOf(derived, tagOf('AccessionNumber'))[0]).toMatch(/^[0-9A-Z]{12}$/);
    expect(textOf(derived, tagOf('AccessionNumber'))).not.toEqual(textOf(derived, tagOf('StudyID')));
    expect(textOf(emptied, tagOf('AccessionNumber'))).toEqual([]);
  });
});
