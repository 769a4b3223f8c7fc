import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tagOf } from '@viaduct/dicom/dictionary';
import {
  type DataElement,
  type DataSet,
  EXPLICIT_VR_LITTLE_ENDIAN,
  Part10Error,
  dataSetOf,
  decodeDataSet,
  editFile,
  encodeDataSet,
  encodeFileMeta,
  sequenceElement,
  textElement,
} from '@viaduct/dicom/part10';
import { afterAll, describe, expect, test } from 'vitest';
import { type DeidReport, type Profile, builtInProfile, changeRecorder, createPseudonymizer } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-bad-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TOKEN = 'QZXWVK';
const SETTINGS = { projectKey: Buffer.alloc(32, 7), pseudonym: 'P-001', patientId: '4711' };
const RESEARCH = builtInProfile('research');
const text = (keyword: string, value: string): DataElement => textElement(tagOf(keyword), value);
const PATIENT = [text('StudyInstanceUID', '1.2.3'), text('PatientName', `${TOKEN}^Max`)];

interface Outcome {
  readonly dataSet: DataSet;
  readonly bytes: string;
  readonly report: DeidReport | undefined;
  readonly rules: Readonly<Record<string, string>>;
}

let made = 0;
async function deidentifiedBytes(dataSet: Buffer, profile: string | Profile = RESEARCH): Promise<Outcome> {
  const path = join(folder, `${(made += 1)}.dcm`);
  const meta = { sopClassUID: '1.2.3', sopInstanceUID: '1.2.3.4', transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN };
  writeFileSync(path, Buffer.concat([encodeFileMeta(meta), dataSet]));
  const { editor } = createPseudonymizer({
    ...SETTINGS,
    profile: typeof profile === 'string' ? builtInProfile(profile) : profile,
  });
  const { observe, changes } = changeRecorder();
  const { header, report } = await editFile(path, (facts) => editor(facts, observe));
  const rules = Object.fromEntries(changes.map(({ path: where, outcome, rule }) => [where, `${outcome}: ${rule}`]));
  return { dataSet: decodeDataSet(header, EXPLICIT_VR_LITTLE_ENDIAN), bytes: header.toString('latin1'), report, rules };
}

function deidentified(elements: readonly DataElement[], profile?: string | Profile): Promise<Outcome> {
  return deidentifiedBytes(encodeDataSet([...PATIENT, ...elements], EXPLICIT_VR_LITTLE_ENDIAN), profile);
}

describe('a value that is not what its VR says', () => {
  test.each([
    ['PatientWeight', '(0010,1030)', 'emptied: E.1-1 rtnPatChars K, invalid value'],
    ['SliceThickness', '(0018,0050)', 'emptied: invalid value'],
    ['InstanceNumber', '(0020,0013)', 'emptied: invalid value'],
    ['StudyTime', '(0008,0030)', 'emptied: E.1-1 rtnLongModifDates C'],
    ['StudyDate', '(0008,0020)', 'emptied: E.1-1 rtnLongModifDates C'],
    ['PatientAge', '(0010,1010)', 'emptied: E.1-1 rtnPatChars K, invalid value'],
  ])('is emptied and reported: %s', async (keyword, path, rule) => {
    const { bytes, report, rules } = await deidentified([text(keyword, 'Dr. Miller')]);
    expect(bytes).not.toContain('Miller');
    expect(rules[path]).toBe(rule);
    expect(report?.invalid.map((each) => each.path)).toEqual([path]);
  });

  test('is emptied where dates stay too: 1997.04.24', async () => {
    const { bytes, rules } = await deidentified([text('ContentDate', '1997.04.24')], 'full-dates');
    expect(bytes).not.toContain('1997');
    expect(rules['(0008,0023)']).toBe('emptied: E.1-1 rtnLongFullDates K, invalid value');
  });

  test('loses its words where a code holds text', async () => {
    const { bytes, rules } = await deidentified([text('ScanOptions', 'HELICAL (Dr. Miller)')]);
    expect(bytes).not.toContain('Miller');
    expect(bytes).toContain('HELICAL');
    expect(rules['(0018,0022)']).toBe('replaced: text in a code');
  });

  test('is a new UID of legal length where it is an over-long one', async () => {
    const { dataSet } = await deidentified([text('SOPInstanceUID', `1.2.${'9'.repeat(90)}.${TOKEN}`)]);
    expect(dataSet.get(tagOf('SOPInstanceUID'))?.value.toString('latin1')).toMatch(/^2\.25\.\d{1,39}\0?$/);
  });
});

test('an element of an unknown VR goes', async () => {
  const element = Buffer.from([0x18, 0x00, 0x24, 0x00, 0x5a, 0x5a, 0, 0, 6, 0, 0, 0, ...Buffer.from(TOKEN)]);
  const sorted = Buffer.concat([
    encodeDataSet([...PATIENT.slice(1), text('Modality', 'CT')], EXPLICIT_VR_LITTLE_ENDIAN),
    element,
  ]);
  const { bytes, rules } = await deidentifiedBytes(sorted);
  expect(bytes).not.toContain(TOKEN);
  expect(rules['(0018,0024)']).toBe('removed: unknown VR');
});

describe('a value under another VR than the registered one', () => {
  const hidden = (keyword: string, vr: string): DataElement => ({
    tag: tagOf(keyword),
    vr,
    value: Buffer.from('MILLER  '),
  });

  test.each([
    ['SecondaryReviewerName', 'LO', '(0014,0104)', 'emptied: VR PN'],
    ['SliceThickness', 'LO', '(0018,0050)', 'emptied: invalid value'],
    ['StudyDate', 'UT', '(0008,0020)', 'emptied: E.1-1 rtnLongFullDates K, invalid value'],
    ['FrameOfReferenceUID', 'SH', '(0020,0052)', 'replaced: E.1-1 U'],
    ['SliceThickness', 'OB', '(0018,0050)', 'removed: VR is not the registered one'],
    ['Rows', 'LO', '(0028,0010)', 'removed: VR is not the registered one'],
    ['AnatomicRegionSequence', 'LO', '(0008,2218)', 'removed: VR is not the registered one'],
  ])('goes by what %s is registered as and not by %s', async (keyword, vr, path, rule) => {
    const { bytes, rules } = await deidentified([hidden(keyword, vr)], 'full-dates');
    expect(bytes).not.toContain('MILLER');
    expect(rules[path]).toBe(rule);
  });
});

describe('what carries nothing that anybody needs', () => {
  const token = Buffer.from(TOKEN);
  const inItem = (element: DataElement): DataElement =>
    sequenceElement(tagOf('ReferencedImageSequence'), [dataSetOf(text('ReferencedSOPInstanceUID', '1.2.3'), element)]);

  test.each<[string, DataElement]>([
    ['padding', { tag: 0xfffcfffc, vr: 'OB', value: token }],
    ['padding of an item', inItem({ tag: 0xfffcfffc, vr: 'OB', value: token })],
    ['pixel data of an item', inItem({ tag: 0x7fe00010, vr: 'OW', value: token })],
    ['a character set that there is not', { tag: tagOf('SpecificCharacterSet'), vr: 'CS', value: token }],
    ['an unknown attribute of an overlay', { tag: 0x60009999, vr: 'OB', value: token }],
  ])('goes: %s', async (_, element) => {
    const graphics: Profile = { ...RESEARCH, options: { ...RESEARCH.options, cleanGraphics: true } };
    const region = { tag: 0x60000040, vr: 'CS', value: Buffer.from('R ') };
    const { bytes } = await deidentified([region, element], graphics);
    expect(bytes).not.toContain(TOKEN);
  });
});

describe('what numbers and bytes hide', () => {
  const name = Buffer.from(`${TOKEN} Max`.padEnd(10));
  const wide = Buffer.from(`..${TOKEN}..`, 'utf16le');
  const among = Buffer.concat([Buffer.alloc(9), name, Buffer.alloc(1)]);
  const count = (tag: number): DataElement => ({ tag, vr: 'UL', value: name.subarray(0, 4) });
  const under = (keyword: string, vr: string, value = name): DataElement => ({ tag: tagOf(keyword), vr, value });

  test.each<[string, DataElement, string, string]>([
    ['a group length', count(0x00080000), '(0008,0000)', 'length of a group'],
    ['one of a private group', count(0x00090000), '(0009,0000)', 'length of a group'],
    ['length to end', count(0x00080001), '(0008,0001)', 'length of a group'],
    ['text for numbers', under('Rows', 'US'), '(0028,0010)', 'invalid value'],
    ['text for many numbers', under('LUTData', 'US'), '(0028,3006)', 'text among numbers'],
    ['a name among numbers', under('LUTData', 'US', among), '(0028,3006)', 'text among numbers'],
    ['a name in wide letters', under('ICCProfile', 'OB', wide), '(0028,2000)', 'text among numbers'],
    ['bytes of who knows what', under('InteroperabilityVersion', 'OB'), '(0016,0062)', 'bytes that nobody can read'],
    ['pixels of a retired kind', { ...count(0x7f020010), vr: 'OW' }, '(7F02,0010)', 'bytes that nobody can read'],
    ['a public address', text('CodingSchemeURL', `https://example.org/${TOKEN}`), '(0008,010E)', 'VR UR'],
  ])('goes: %s', async (_, element, path, rule) => {
    const { bytes, rules } = await deidentified([element]);
    expect(bytes).not.toContain(TOKEN.slice(0, 4));
    expect(bytes).not.toContain(wide.toString('latin1'));
    expect(rules[path]).toMatch(new RegExp(`: ${rule}$`));
  });

  test('goes from a recording of voice: it is refused', async () => {
    const failure = deidentified([text('SOPClassUID', '1.2.840.10008.5.1.4.1.1.9.4.1')]);
    await expect(failure).rejects.toMatchObject({ reason: 'encapsulated-document' });
  });
});

test('of the file meta information nothing but UIDs comes through', () => {
  for (const id of ['basic', 'minimal']) {
    const { outMeta } = createPseudonymizer({ ...SETTINGS, profile: builtInProfile(id) });
    const meta = { sopClassUID: TOKEN, sopInstanceUID: `../${TOKEN}`, transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN };
    expect(Object.values(outMeta(meta)).join()).toMatch(/^2\.25\.\d+,2\.25\.\d+,1\.2\.840/);
  }
});

describe('identity in a text that no rule is about', () => {
  const coil = (value: string): DataElement => textElement(tagOf('ReceiveCoilName'), value, ['ISO_IR 192']);
  const of = (name: string): DataElement[] => [
    text('SpecificCharacterSet', 'ISO_IR 192'),
    textElement(tagOf('PatientName'), `${name}^Max`, ['ISO_IR 192']),
  ];

  test.each([
    ['Müller', 'Mueller'],
    ['Mueller', 'Müller'],
    ['Müller', 'MU\u0308LLER'],
    ['Šimić', 'Simic'],
    ['Groß', 'GROSS'],
    ['Miller', 'Mil\u200bler'],
    ['Miller', 'Mil\u001b(Bler'],
  ])('of %s is found in %j', async (name, written) => {
    const dataSet = encodeDataSet(
      [...PATIENT.slice(0, 1), ...of(name), coil(`Coil ${written}`)],
      EXPLICIT_VR_LITTLE_ENDIAN,
    );
    const outcome = await deidentifiedBytes(dataSet);
    expect(outcome.dataSet.get(tagOf('ReceiveCoilName'))?.value.toString('utf8').trim()).not.toMatch(
      /l\W*ler|simic|gross/i,
    );
  });

  test.each(['latin1', 'utf8'] as const)('is found in %s, whatever the character set says', async (encoding) => {
    const set = encoding === 'utf8' ? 'ISO_IR 100' : 'ISO_IR 192';
    const name = textElement(tagOf('PatientName'), 'Müller^Max', [set]);
    const coils = { tag: tagOf('ReceiveCoilName'), vr: 'SH', value: Buffer.from('Coil Müller', encoding) };
    const dataSet = [...PATIENT.slice(0, 1), text('SpecificCharacterSet', set), name, coils];
    const { bytes } = await deidentifiedBytes(encodeDataSet(dataSet, EXPLICIT_VR_LITTLE_ENDIAN));
    expect(bytes).not.toMatch(/M.{1,2}ller/);
  });

  test('may be another number of the patient', async () => {
    const others = sequenceElement(tagOf('OtherPatientIDsSequence'), [dataSetOf(text('PatientID', '99X4711Q'))]);
    const { bytes } = await deidentified([others, text('ReceiveCoilName', 'Coil 99X4711Q')]);
    expect(bytes).not.toContain('99X4711Q');
  });
});

test('of an element that comes twice the first counts and stays', async () => {
  const { bytes, dataSet, rules } = await deidentified([
    text('Modality', 'CT'),
    text('Modality', TOKEN),
    text('PatientName', `${TOKEN}^Again`),
  ]);
  expect(bytes).not.toContain(TOKEN);
  expect(dataSet.get(tagOf('Modality'))?.value.toString()).toBe('CT');
  expect(rules['(0008,0060)']).toBe('removed: comes twice');
});

test('identity is found twenty sequences deep', async () => {
  let item = dataSetOf(text('PatientName', `${TOKEN}^Deep`), text('InstitutionName', `${TOKEN} Hospital`));
  for (let depth = 0; depth < 20; depth += 1) {
    item = dataSetOf(
      sequenceElement(tagOf('PerformedProtocolCodeSequence'), [dataSetOf(text('CodeValue', '1')), item]),
    );
  }
  const { bytes } = await deidentified([...item.values()]);
  expect(bytes).not.toContain(TOKEN);
  expect(bytes.match(/P-001/g)?.length).toBeGreaterThan(1);
});

test('a private element without a creator goes, and so does one of another VR than the safe list has', async () => {
  const creator = { tag: 0x70530010, vr: 'LO', value: Buffer.from('Philips PET Private Group ') };
  const { dataSet, rules } = await deidentified([
    { tag: 0x00291010, vr: 'LO', value: Buffer.from(TOKEN) },
    creator,
    { tag: 0x70531000, vr: 'DS', value: Buffer.from('1.5 ') },
    { tag: 0x70531009, vr: 'LO', value: Buffer.from(TOKEN) },
  ]);
  expect(dataSet.get(0x00291010)).toBeUndefined();
  expect(dataSet.get(0x70530010)?.value.toString()).toBe('Philips PET Private Group ');
  expect(dataSet.get(0x70531000)?.value.toString()).toBe('1.5 ');
  expect(rules['(7053,1009)']).toBe('removed: private, other VR than listed');
});

test('a safe private block is known by its creator wherever it is, and goes where nothing of it stays', async () => {
  const { dataSet } = await deidentified([
    { tag: 0x70530011, vr: 'LO', value: Buffer.from('Philips PET Private Group ') },
    { tag: 0x70530012, vr: 'LO', value: Buffer.from('Philips PET Private Group ') },
    { tag: 0x70531109, vr: 'DS', value: Buffer.from('2.5 ') },
    { tag: 0x70531201, vr: 'LO', value: Buffer.from(TOKEN) },
  ]);
  expect([...dataSet.keys()].filter((tag) => tag >>> 16 === 0x7053)).toEqual([0x70530011, 0x70531109]);
});

test.each([
  ['ends inside a sequence', (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 3)],
  ['has junk behind its last element', (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.from('JUNKJUNK')])],
])('a data set that %s is quarantined', async (_, damage) => {
  const item = dataSetOf(text('ReferencedSOPInstanceUID', '1.2.3'));
  const whole = encodeDataSet([sequenceElement(tagOf('ReferencedImageSequence'), [item])], EXPLICIT_VR_LITTLE_ENDIAN);
  const failure = await deidentifiedBytes(damage(whole)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Part10Error);
});
