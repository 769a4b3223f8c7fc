import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tagOf } from '@viaduct/dicom/dictionary';
import {
  type DataElement,
  type DataSet,
  type EditedFile,
  EXPLICIT_VR_BIG_ENDIAN,
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
  dataSetOf,
  decodeDataSet,
  editFile,
  encodeDataSet,
  encodeFileMeta,
  readFileMeta,
  sequenceElement,
  textElement,
  textOf,
} from '@viaduct/dicom/part10';
import { afterAll, describe, expect, test } from 'vitest';
import { type DeidReport, DeidError, type PseudonymizerSettings, createPseudonymizer } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-deid-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root = new URL('../../testing/dicom/', import.meta.url);
const testFile = (name: string): string => fileURLToPath(new URL(name, root));
const SETTINGS: PseudonymizerSettings = {
  projectKey: Buffer.alloc(32, 7),
  dates: 'shift',
  pseudonym: 'P-001',
  patientId: '4711',
  trial: { protocolId: 'T-9', protocolName: 'Schöne Studie' },
};

type Edited = EditedFile<DeidReport>;
async function pseudonymized(path: string, settings: Partial<PseudonymizerSettings> = {}): Promise<Edited> {
  return editFile(path, createPseudonymizer({ ...SETTINGS, ...settings }).editor);
}

/** The edited header as a data set (pixel data left out). */
function headerOf(edited: Edited): DataSet {
  return decodeDataSet(edited.header, edited.transferSyntaxUID);
}

function textsOf(edited: Edited, keyword: string): string[] {
  return textOf(headerOf(edited), tagOf(keyword));
}

let made = 0;
function makeFile(elements: readonly DataElement[], transferSyntaxUID = EXPLICIT_VR_LITTLE_ENDIAN): string {
  const path = join(folder, `${(made += 1)}.dcm`);
  const meta = { sopClassUID: '1.2.840.10008.5.1.4.1.1.2', sopInstanceUID: '1.2.3.4', transferSyntaxUID };
  writeFileSync(path, Buffer.concat([encodeFileMeta(meta), encodeDataSet(elements, transferSyntaxUID)]));
  return path;
}

const text = (keyword: string, value: string | readonly string[]): DataElement => textElement(tagOf(keyword), value);
const STUDY = text('StudyInstanceUID', '1.2.3');

describe('the patient', () => {
  const path = makeFile([
    STUDY,
    text('PatientName', 'Muster^Max'),
    text('PatientID', '4711'),
    text('PatientAge', '094Y'),
  ]);

  test('is called by the pseudonym', async () => {
    const edited = await pseudonymized(path);
    expect(textsOf(edited, 'PatientName')).toEqual(['P-001']);
    expect(textsOf(edited, 'PatientID')).toEqual(['P-001']);
    expect(textsOf(edited, 'ClinicalTrialSubjectID')).toEqual(['P-001']);
  });

  test('of ninety years and more is ninety', async () => {
    expect(textsOf(await pseudonymized(path), 'PatientAge')).toEqual(['090Y']);
  });

  test('is also the pseudonym where the file has no name', async () => {
    expect(textsOf(await pseudonymized(makeFile([STUDY])), 'PatientID')).toEqual(['P-001']);
  });

  test('is not made up for objects that belong to none', async () => {
    const edited = await pseudonymized(makeFile([text('ContentLabel', 'PALETTE')]));
    expect(headerOf(edited).has(tagOf('PatientName'))).toBe(false);
  });
});

describe('UIDs', () => {
  const reference = (uid: string): DataElement =>
    sequenceElement(tagOf('ReferencedImageSequence'), [
      dataSetOf(text('ReferencedSOPClassUID', '1.2.840.10008.5.1.4.1.1.2'), text('ReferencedSOPInstanceUID', uid)),
    ]);

  test('are the same wherever they are mentioned', async () => {
    const edited = await pseudonymized(makeFile([STUDY, text('SOPInstanceUID', '1.2.3.4'), reference('1.2.3.4')]));
    const out = createPseudonymizer(SETTINGS).outUid('1.2.3.4');
    const item = headerOf(edited).get(tagOf('ReferencedImageSequence'))?.items?.[0] ?? dataSetOf();
    expect(textsOf(edited, 'SOPInstanceUID')).toEqual([out]);
    expect(textOf(item, tagOf('ReferencedSOPInstanceUID'))).toEqual([out]);
    expect(textOf(item, tagOf('ReferencedSOPClassUID'))).toEqual(['1.2.840.10008.5.1.4.1.1.2']);
  });

  test('are version 8 UUIDs of at most 44 characters', () => {
    const { outUid } = createPseudonymizer(SETTINGS);
    for (let at = 0; at < 500; at += 1) {
      const uid = outUid(`1.2.${at}`);
      const hex = BigInt(uid.slice('2.25.'.length)).toString(16).padStart(32, '0');
      expect(uid.length).toBeLessThanOrEqual(44);
      expect(`${hex[12]}${'89ab'.includes(hex[16] ?? '')}`).toBe('8true');
    }
  });

  test('of the registry stay, each of several is mapped, and other keys give others', async () => {
    const { outUid } = createPseudonymizer(SETTINGS);
    const other = createPseudonymizer({ ...SETTINGS, projectKey: Buffer.alloc(32, 8) });
    expect(outUid('1.2.840.10008.1.4.1.1')).toBe('1.2.840.10008.1.4.1.1');
    expect(other.outUid('1.2.3')).not.toBe(outUid('1.2.3'));
    const edited = await pseudonymized(makeFile([STUDY, text('FailedSOPInstanceUIDList', ['1.2.3', '1.2.4'])]));
    expect(textsOf(edited, 'FailedSOPInstanceUIDList')).toEqual([outUid('1.2.3'), outUid('1.2.4')]);
  });
});

describe('dates', () => {
  const path = makeFile([
    STUDY,
    text('StudyDate', '20240301'),
    text('StudyTime', '101112'),
    text('AcquisitionDateTime', '20240302101112.5+0100'),
    text('ContentDate', '1997.04.24'),
    text('PatientBirthDate', '19600101'),
  ]);
  const day = (date: string | undefined): number =>
    Date.parse(String(date).replace(/(\d{4})(\d\d)(\d\d).*/, '$1-$2-$3'));

  test('of a patient move by the same number of days, times stay', async () => {
    const edited = await pseudonymized(path);
    const [study] = textsOf(edited, 'StudyDate');
    const [acquisition] = textsOf(edited, 'AcquisitionDateTime');
    expect(day(acquisition) - day(study)).toBe(86_400_000);
    expect(day(study)).toBeLessThan(day('20240301'));
    expect(acquisition).toMatch(/^\d{8}101112\.5\+0100$/);
    expect(textsOf(edited, 'StudyTime')).toEqual(['101112']);
    expect(textsOf(edited, 'LongitudinalTemporalInformationModified')).toEqual(['MODIFIED']);
    expect(textsOf(edited, 'PatientBirthDate')).toEqual([]);
  });

  test('that are none become empty and are counted', async () => {
    const edited = await pseudonymized(path);
    expect(textsOf(edited, 'ContentDate')).toEqual([]);
    expect(edited.report?.invalidDates).toBe(1);
  });

  test('of another patient move by another number', async () => {
    const other = await pseudonymized(path, { patientId: '4712' });
    expect(textsOf(other, 'StudyDate')).not.toEqual(textsOf(await pseudonymized(path), 'StudyDate'));
  });

  test('can stay or go', async () => {
    const kept = await pseudonymized(path, { dates: 'keep' });
    const removed = await pseudonymized(path, { dates: 'remove' });
    expect(textsOf(kept, 'StudyDate')).toEqual(['20240301']);
    expect(textsOf(kept, 'LongitudinalTemporalInformationModified')).toEqual(['UNMODIFIED']);
    expect(textsOf(removed, 'StudyDate')).toEqual([]);
    expect(textsOf(removed, 'LongitudinalTemporalInformationModified')).toEqual(['REMOVED']);
  });
});

describe('what is left', () => {
  const TOKEN = 'QZXWVK';
  const inPrivate = { tag: 0x00291010, vr: 'LO', value: Buffer.from(`${TOKEN}A`) };
  const creator = { tag: 0x00290010, vr: 'LO', value: Buffer.from(`${TOKEN}B`) };
  const identity = (): DataElement[] => [
    STUDY,
    text('PatientName', `${TOKEN}1^Max`),
    text('PatientID', `${TOKEN}2`),
    text('AccessionNumber', `${TOKEN}3`),
    text('StudyID', `${TOKEN}4`),
    text('OtherPatientIDs', [`${TOKEN}5`, `${TOKEN}6`]),
    text('PatientAddress', `${TOKEN}7`),
    text('PatientTelephoneNumbers', `${TOKEN}8`),
    text('InstitutionName', `${TOKEN}9`),
    text('InstitutionAddress', `${TOKEN}10`),
    text('ReferringPhysicianName', `${TOKEN}11`),
    text('OperatorsName', `${TOKEN}12`),
    text('DeviceSerialNumber', `${TOKEN}13`),
    text('StationName', `${TOKEN}14`),
    text('PatientComments', `${TOKEN}15`),
    text('ImageComments', `${TOKEN}16`),
    text('SeriesDescription', `Head of ${TOKEN.toLowerCase()}2`),
    text('StudyDescription', 'CT Head'),
    text('Manufacturer', 'ACME'),
    sequenceElement(tagOf('RequestAttributesSequence'), [dataSetOf(text('RequestedProcedureID', `${TOKEN}17`))]),
    sequenceElement(tagOf('InstitutionCodeSequence'), [dataSetOf(text('CodeMeaning', `${TOKEN}18`))]),
    sequenceElement(tagOf('ProcedureCodeSequence'), [dataSetOf(text('CodeMeaning', 'CT'), creator, inPrivate)]),
    creator,
    inPrivate,
    { tag: 0x60003000, vr: 'OB', value: Buffer.from(`${TOKEN}19 `) },
    { tag: 0x0010fff0, vr: 'LO', value: Buffer.from(`${TOKEN}20`) },
  ];

  test.each([EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN])(
    'in %s has no token of the patient, the staff or the house',
    async (syntax) => {
      const edited = await pseudonymized(makeFile(identity(), syntax));
      expect(edited.header.toString('latin1').toUpperCase()).not.toContain(TOKEN);
      expect(textsOf(edited, 'StudyDescription')).toEqual(['CT Head']);
      expect(textsOf(edited, 'Manufacturer')).toEqual(['ACME']);
      expect(textsOf(edited, 'SeriesDescription')).toEqual(['REMOVED']);
    },
  );

  test('says how it was made', async () => {
    const edited = await pseudonymized(makeFile(identity()));
    expect(textsOf(edited, 'PatientIdentityRemoved')).toEqual(['YES']);
    expect(textsOf(edited, 'DeidentificationMethod')[0]).toMatch(/^Viaduct, PS3.15 2026c/);
    const codes = headerOf(edited).get(tagOf('DeidentificationMethodCodeSequence'))?.items ?? [];
    expect(codes.flatMap((item) => textOf(item, tagOf('CodeValue')))).toEqual(['113107', '113108']);
  });

  test('has the trial in the character set of the file', async () => {
    const utf8 = await pseudonymized(makeFile([text('SpecificCharacterSet', 'ISO_IR 192'), STUDY]));
    const ascii = await pseudonymized(makeFile([STUDY]));
    expect(textsOf(utf8, 'ClinicalTrialProtocolName')).toEqual(['Schöne Studie']);
    expect(textsOf(ascii, 'ClinicalTrialProtocolName')).toEqual(['Schone Studie']);
  });

  test('is the same every time', async () => {
    const path = makeFile(identity());
    expect((await pseudonymized(path)).header.equals((await pseudonymized(path)).header)).toBe(true);
  });
});

describe('the answer key', () => {
  interface Row {
    readonly keyword?: string;
    readonly where?: string;
    readonly options?: Record<string, string>;
    readonly canaries?: readonly string[];
  }
  const key = JSON.parse(readFileSync(testFile('canary/answer-key.json'), 'utf8')) as { files: Record<string, Row[]> };
  /** Sequences that stay, with items that have nothing of an identity in real objects; the key plants a code meaning in them. */
  const CLEANED_INSIDE = [
    'ContentSequence',
    'GraphicAnnotationSequence',
    'ReferencedImageSequence',
    'SourceImageSequence',
    'WaveformAnnotationSequence',
  ];

  test.each(Object.keys(key.files))('finds no canary in %s that a rule does not keep', async (name) => {
    const { editor } = createPseudonymizer({ ...SETTINGS, dates: 'remove', descriptions: 'remove' });
    // The key's files have one of everything, an encapsulated document too, which real objects are refused for.
    const document = tagOf('EncapsulatedDocument');
    const edited = await editFile(testFile(`canary/${name}`), (facts) =>
      editor({ ...facts, has: (tag) => tag !== document && facts.has(tag) }),
    );
    const bytes = Buffer.concat([edited.header, edited.trailer]).toString('latin1');
    const isKept = ({ keyword = '', options = {} }: Row): boolean =>
      options['rtnPatChars'] === 'K' || CLEANED_INSIDE.includes(keyword);
    const leaks = (key.files[name] ?? [])
      .filter((row) => !isKept(row))
      .flatMap(({ canaries = [] }) => canaries.filter((canary) => bytes.includes(canary)));
    expect(leaks).toEqual([]);
    expect(bytes).not.toMatch(/PHISP\d+\^In/);
  });
});

const index = JSON.parse(readFileSync(testFile('index.json'), 'utf8')) as { files: { file: string }[] };
const isObject = (name: string): boolean => !/^broken\/|^fileset\/|rtstruct|^doc\/|encapsulated_pdf/.test(name);
const objects = index.files.map(({ file }) => file).filter(isObject);

/** Error lines of dciodvfy, identifiers left out. */
function iodErrors(path: string): string[] {
  const output = execFileSync('sh', ['-c', 'dciodvfy "$1" 2>&1 || true', 'sh', path], { encoding: 'latin1' });
  return output
    .split('\n')
    .filter((line) => line.startsWith('Error'))
    .map((line) => line.replace(/ReferencedSOPInstanceUID .*/, ''));
}

/** Written with nothing but private elements, which go; the rest has no length to check. */
const EMPTY_PIXELS = 'private/nested_priv_SQ.dcm';

describe('real files', () => {
  test.each(objects)('%s keeps its pixels and gets no new fault', async (name) => {
    const path = testFile(name);
    const { editor, outUid } = createPseudonymizer(SETTINGS);
    const edited = await editFile(path, editor);
    const original = readFileSync(path);
    const bulk = edited.bulk === null ? Buffer.alloc(0) : original.subarray(edited.bulk.start, edited.bulk.end);
    const out = join(folder, name.replaceAll('/', '-'));
    const meta = { ...edited.meta, sopInstanceUID: outUid(edited.meta.sopInstanceUID) };
    writeFileSync(out, Buffer.concat([encodeFileMeta(meta), edited.header, bulk, edited.trailer]));

    const { dataSetOffset } = await readFileMeta(path);
    const pixels = (bytes: Buffer): DataElement | undefined =>
      decodeDataSet(bytes, edited.transferSyntaxUID).get(tagOf('PixelData'));
    expect(pixels(Buffer.concat([edited.header, bulk, edited.trailer]))).toEqual(
      pixels(original.subarray(dataSetOffset)),
    );
    if (name === EMPTY_PIXELS) return;
    const before = iodErrors(path);
    const remaining = [...before];
    const added = iodErrors(out).filter((line) => {
      const at = remaining.indexOf(line);
      if (at >= 0) remaining.splice(at, 1);
      return at < 0;
    });
    expect(added).toEqual([]);
  });

  test.each(['doc/pdf.dcm', 'generated/encapsulated_pdf_with_phi.dcm'])('%s is refused', async (name) => {
    const failure = await pseudonymized(testFile(name)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DeidError);
    expect(failure).toMatchObject({ reason: 'encapsulated-document' });
  });

  test.each([
    ['us/GREYSCALE_IMAGE.dcm', true],
    ['burnedin/burned_in_yes.dcm', true],
    ['ct/CT_small.dcm', false],
    ['sr/reportsi.dcm', false],
  ])('%s: risk of burned-in text is %s', async (name, risk) => {
    expect((await pseudonymized(testFile(name))).report?.burnedInRisk).toBe(risk);
  });
});
