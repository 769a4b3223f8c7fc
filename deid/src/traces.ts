import { tagOf } from '@viaduct/dicom/dictionary';
import { type DataSetFacts, decodeText } from '@viaduct/dicom/part10';

const IDENTIFIERS = ['PatientName', 'PatientID', 'OtherPatientIDs', 'AccessionNumber', 'StudyID'].map(tagOf);
/** Shorter words are found by chance in descriptions. */
const MIN_LETTERS = 4;
/** Where people type; never numbers, codes or dates, in which a short number is found by chance. */
const FREE_TEXT = new Set(['LO', 'LT', 'SH', 'ST', 'UC', 'UR', 'UT']);

/** Second net below the table: finds words of the patient's own name and numbers in text that would be kept. */
export function traceFinder(facts: DataSetFacts): (value: Buffer, vr: string) => boolean {
  const words = new Set(
    IDENTIFIERS.flatMap((tag) => facts.text(tag))
      .flatMap((text) => [text, ...text.split(/[\s^=,;]+/)])
      .map((word) => word.trim().toLowerCase())
      .filter((word) => word.length >= MIN_LETTERS),
  );
  if (words.size === 0) return () => false;
  return (value, vr) => {
    if (value.length < MIN_LETTERS || !FREE_TEXT.has(vr)) return false;
    const text = decodeText(value, facts.specificCharacterSet, vr).toLowerCase();
    return [...words].some((word) => text.includes(word));
  };
}
