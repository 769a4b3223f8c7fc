import { tagOf } from '@viaduct/dicom/dictionary';
import {
  type DataElement,
  Part10Error,
  dataSetOf,
  encodeText,
  sequenceElement,
  textElement,
} from '@viaduct/dicom/part10';
import { EDITION } from './generated/profileRows.ts';
import type { ProfileOptions } from './profile.ts';

/** The clinical trial that pseudonymized objects are marked with; empty texts are left out. */
export interface Trial {
  readonly protocolId: string;
  readonly protocolName: string;
}

const BASIC_PROFILE = ['113100', 'Basic Application Confidentiality Profile'] as const;
const FULL_DATES = ['113106', 'Retain Longitudinal Temporal Information Full Dates Option'] as const;
const MODIFIED_DATES = ['113107', 'Retain Longitudinal Temporal Information Modified Dates Option'] as const;
const PATIENT_CHARACTERISTICS = ['113108', 'Retain Patient Characteristics Option'] as const;

/** The module of the trial demands a sponsor, and projects have none. */
const UNKNOWN_SPONSOR = 'UNKNOWN';

const TEMPORAL = { shift: 'MODIFIED', keep: 'UNMODIFIED', remove: 'REMOVED' } as const;

/**
 * Text in the file's character set; characters that it lacks lose their accents or become `?`. What projects write is a name they
 * chose, so an approximation is better than a failed instance.
 */
export function approximateText(text: string, specificCharacterSet: readonly string[], vr: string): Buffer {
  const isRefused = (error: unknown): boolean => error instanceof Part10Error && error.reason === 'text-not-encodable';
  try {
    return encodeText(text, specificCharacterSet, vr);
  } catch (error) {
    if (!isRefused(error)) throw error;
    const ascii = text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/[^\x20-\x7e]/gu, '?');
    return Buffer.from(ascii, 'latin1');
  }
}

/** De-identification Method Code Sequence (PS3.15 §E.2, CID 7050): only what was really done. Kept descriptions are no Basic Profile. */
function methodCodes({ dates, descriptions }: ProfileOptions): DataElement {
  const codes: (readonly [string, string])[] = [PATIENT_CHARACTERISTICS];
  if (dates === 'shift') codes.unshift(MODIFIED_DATES);
  if (dates === 'keep') codes.unshift(FULL_DATES);
  if (descriptions === 'remove') codes.unshift(BASIC_PROFILE);
  const items = codes.map(([value, meaning]) =>
    dataSetOf(
      textElement(tagOf('CodeValue'), value),
      textElement(tagOf('CodingSchemeDesignator'), 'DCM'),
      textElement(tagOf('CodeMeaning'), meaning),
    ),
  );
  return sequenceElement(tagOf('DeidentificationMethodCodeSequence'), items);
}

/** The elements that say that and how a data set was pseudonymized (PS3.15 §E.1.1 and §E.3.6), the same for all instances of a task. */
export function methodMarks(options: ProfileOptions): DataElement[] {
  const method = [
    `Viaduct, PS3.15 ${EDITION} Table E.1-1`,
    `dates: ${options.dates}, descriptions: ${options.descriptions}`,
  ];
  return [
    textElement(tagOf('PatientIdentityRemoved'), 'YES'),
    textElement(tagOf('DeidentificationMethod'), method),
    methodCodes(options),
    textElement(tagOf('LongitudinalTemporalInformationModified'), TEMPORAL[options.dates]),
  ];
}

/** The pseudonymous patient and the trial, in the file's character set. */
export function subjectMarks(pseudonym: string, trial: Trial, specificCharacterSet: readonly string[]): DataElement[] {
  const text = (keyword: string, vr: string, value: string): DataElement => ({
    tag: tagOf(keyword),
    vr,
    value: approximateText(value, specificCharacterSet, vr),
  });
  const marks = [text('PatientName', 'PN', pseudonym), text('PatientID', 'LO', pseudonym)];
  if (trial.protocolId === '' && trial.protocolName === '') return marks;
  return [
    ...marks,
    text('ClinicalTrialSponsorName', 'LO', UNKNOWN_SPONSOR),
    text('ClinicalTrialSiteID', 'LO', ''),
    text('ClinicalTrialSiteName', 'LO', ''),
    text('ClinicalTrialProtocolID', 'LO', trial.protocolId || trial.protocolName),
    text('ClinicalTrialProtocolName', 'LO', trial.protocolName),
    text('ClinicalTrialSubjectID', 'LO', pseudonym),
  ];
}
