import { type Tag, tagOf } from '@viaduct/dicom/dictionary';
import type { DataSetFacts } from '@viaduct/dicom/part10';
import { VOCABULARY } from './vocabulary.ts';

/** What the patient is known by; a word of it is dropped wherever it is found. */
const OF_PATIENT = [
  'PatientName',
  'PatientID',
  'OtherPatientIDs',
  'OtherPatientNames',
  'PatientBirthName',
  'PatientMotherBirthName',
  'PatientBirthDate',
  'PatientAddress',
  'PatientTelephoneNumbers',
  'AccessionNumber',
  'StudyID',
  'AdmissionID',
  'ResponsiblePerson',
];
/** Who and what was around; words of it are dropped unless descriptions are made of them (a "Heart Centre"). */
const OF_OTHERS = [
  'ReferringPhysicianName',
  'PerformingPhysicianName',
  'NameOfPhysiciansReadingStudy',
  'PhysiciansOfRecord',
  'RequestingPhysician',
  'OperatorsName',
  'InstitutionName',
  'InstitutionAddress',
  'InstitutionalDepartmentName',
  'StationName',
  'DeviceSerialNumber',
];
/** Shorter words are found by chance inside others: they count only as whole words. */
const MIN_LETTERS_INSIDE = 4;
const MIN_LETTERS = 2;

const PATIENT_TAGS = OF_PATIENT.map(tagOf);
const OTHERS_TAGS = OF_OTHERS.map(tagOf);

/** The words by which a data set's own patient, staff and house would be recognised in free text. */
export interface Identity {
  /** Whether the text holds any of them, inside a longer word too. */
  isIn(text: string): boolean;
  /** Whether a word is one of them or holds one. */
  hasWord(word: string): boolean;
  /** Whether a word is one of them: for codes, which hold other words by chance. */
  isWord(word: string): boolean;
}

function words(facts: DataSetFacts, from: readonly Tag[]): string[] {
  return from
    .flatMap((tag) => facts.text(tag))
    .flatMap((text) => [text, ...text.split(/[\s^=,;/]+/)])
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word.length >= MIN_LETTERS && !/^\d{1,3}$/.test(word));
}

/** Collects the identity of a data set from its top level. */
export function identityOf(facts: DataSetFacts): Identity {
  const known = new Set([
    ...words(facts, PATIENT_TAGS),
    ...words(facts, OTHERS_TAGS).filter((word) => word.length >= MIN_LETTERS_INSIDE && !VOCABULARY.has(word)),
  ]);
  const inside = [...known].filter((word) => word.length >= MIN_LETTERS_INSIDE);
  const hasWord = (word: string): boolean => {
    const lower = word.toLowerCase();
    return known.has(lower) || inside.some((each) => lower.includes(each));
  };
  return {
    hasWord,
    isWord: (word) => known.has(word.toLowerCase()),
    isIn: (text) => {
      const lower = text.toLowerCase();
      if (inside.some((each) => lower.includes(each))) return true;
      return known.size > inside.length && lower.split(/[^\p{L}\p{N}]+/u).some((word) => known.has(word));
    },
  };
}
