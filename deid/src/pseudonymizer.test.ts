import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  sequenceElement,
  textElement,
  textOf,
} from '@viaduct/dicom/part10';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type DeidReport,
  type Profile,
  type PseudonymizerSettings,
  builtInProfile,
  createPseudonymizer,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-deid-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SETTINGS: PseudonymizerSettings = {
  projectKey: Buffer.alloc(32, 7),
  profile: builtInProfile('research'),
  pseudonym: 'P-001',
  patientId: '4711',
  trial: { protocolId: 'T-9', protocolName: 'Schöne Studie' },
};

const WITHOUT_DEVICES: Profile = {
  ...builtInProfile('research'),
  options: { ...builtInProfile('research').options, retainDeviceIdentity: false },
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
    expect(edited.report?.invalid).toEqual([{ path: '(0008,0023)', vr: 'DA' }]);
  });

  test('of another patient move by another number', async () => {
    const other = await pseudonymized(path, { patientId: '4712' });
    expect(textsOf(other, 'StudyDate')).not.toEqual(textsOf(await pseudonymized(path), 'StudyDate'));
  });

  test('can stay or go', async () => {
    const kept = await pseudonymized(path, { profile: builtInProfile('full-dates') });
    const removed = await pseudonymized(path, { profile: builtInProfile('basic') });
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
      const edited = await pseudonymized(makeFile(identity(), syntax), { profile: WITHOUT_DEVICES });
      expect(edited.header.toString('latin1').toUpperCase()).not.toContain(TOKEN);
      expect(textsOf(edited, 'StudyDescription')).toEqual(['CT Head']);
      expect(textsOf(edited, 'Manufacturer')).toEqual(['ACME']);
      expect(textsOf(edited, 'SeriesDescription')).toEqual(['Head of']);
    },
  );

  test('says how it was made', async () => {
    const edited = await pseudonymized(makeFile(identity()));
    expect(textsOf(edited, 'PatientIdentityRemoved')).toEqual(['YES']);
    expect(textsOf(edited, 'DeidentificationMethod')[0]).toMatch(/^Viaduct, PS3.15 2026c/);
    const codes = headerOf(edited).get(tagOf('DeidentificationMethodCodeSequence'))?.items ?? [];
    expect(codes.flatMap((item) => textOf(item, tagOf('CodeValue')))).toEqual([
      '113100',
      '113105',
      '113107',
      '113108',
      '113109',
      '113111',
    ]);
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
