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
/** Among bytes that may be anything, shorter words are found by chance. */
const MIN_LETTERS_IN_BYTES = 6;
const CHUNK_BYTES = 1024 * 1024;
/** So that a word is found that two chunks share. */
const OVERLAP_BYTES = 256;

const PATIENT_ID = tagOf('PatientID');
const OTHER_PATIENT_IDS = tagOf('OtherPatientIDsSequence');
const PATIENT_TAGS = OF_PATIENT.map(tagOf);
const OTHERS_TAGS = OF_OTHERS.map(tagOf);

/** The words by which a data set's own patient, staff and house would be recognised in free text. */
export interface Identity {
  /** Whether the text holds any of them, inside a longer word too. */
  isIn(text: string): boolean;
  /** Whether a word is one of them or holds one. */
  hasWord(word: string): boolean;
  /** Whether a long one of them stands anywhere among bytes, with one or two for each letter. */
  isInBytes(bytes: Buffer): boolean;
  /** Whether a word is one of them: for codes, which hold other words by chance. */
  isWord(word: string): boolean;
}

/** Without case and accents: names are written with and without them. */
function folded(text: string): string {
  const lower = text.toLowerCase();
  return /[^ -~]/.test(lower) ? lower.replaceAll('ß', 'ss').normalize('NFKD').replace(/\p{M}/gu, '') : lower;
}

const UMLAUTS: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue' };

/** A word as people may write it elsewhere: `Müller`, `Muller`, `Mueller`. */
function forms(word: string): string[] {
  const plain = folded(word);
  const transcribed = word.normalize('NFC').replace(/[äöü]/g, (letter) => UMLAUTS[letter] ?? letter);
  const all = [plain, folded(transcribed), plain.replace(/([aou])e/g, '$1')];
  return all.filter((each) => each.length >= MIN_LETTERS);
}

function words(texts: readonly string[]): string[] {
  return texts
    .flatMap((text) => [text, ...text.split(/[\s^=,;/]+/)])
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word.length >= MIN_LETTERS && !/^\d{1,3}$/.test(word));
}

/** Collects the identity of a data set from its top level. */
export function identityOf(facts: DataSetFacts): Identity {
  const texts = (tags: readonly Tag[]): string[] => tags.flatMap((tag) => [...facts.text(tag)]);
  const otherIds = facts.items(OTHER_PATIENT_IDS).flatMap((item) => [...item.text(PATIENT_ID)]);
  const known = new Set(
    [
      ...words([...texts(PATIENT_TAGS), ...otherIds]),
      ...words(texts(OTHERS_TAGS)).filter((word) => word.length >= MIN_LETTERS_INSIDE && !VOCABULARY.has(word)),
    ].flatMap(forms),
  );
  const inside = [...known].filter((word) => word.length >= MIN_LETTERS_INSIDE);
  const inBytes = inside.filter((word) => word.length >= MIN_LETTERS_IN_BYTES);
  const hasWord = (word: string): boolean => {
    const lower = folded(word);
    return known.has(lower) || inside.some((each) => lower.includes(each));
  };
  return {
    hasWord,
    isInBytes: (bytes) => {
      for (let at = 0; inBytes.length > 0 && at < bytes.length; at += CHUNK_BYTES) {
        const text = bytes.toString('latin1', at, at + CHUNK_BYTES + OVERLAP_BYTES).toLowerCase();
        const narrow = text.replaceAll('\0', '');
        if (inBytes.some((each) => text.includes(each) || narrow.includes(each))) return true;
      }
      return false;
    },
    isWord: (word) => known.has(folded(word)),
    isIn: (text) => {
      const lower = folded(text);
      if (inside.some((each) => lower.includes(each))) return true;
      return known.size > inside.length && lower.split(/[^\p{L}\p{N}]+/u).some((word) => known.has(word));
    },
  };
}
