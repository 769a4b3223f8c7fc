import { tagOf } from '@viaduct/dicom/dictionary';
import {
  type DataElement,
  type DataSetFacts,
  Part10Error,
  dataSetOf,
  encodeText,
  sequenceElement,
  textElement,
} from '@viaduct/dicom/part10';
import { ageBetween } from './dates.ts';
import { EDITION } from './standard.ts';
import { METHODS } from './options.ts';
import type { Profile } from './profile.ts';

/** The clinical trial that pseudonymized objects are marked with; empty and absent texts are left out. */
export interface Trial {
  readonly protocolId: string;
  readonly protocolName: string;
  /** The module demands one; default `UNKNOWN`. */
  readonly sponsorName?: string;
  readonly siteId?: string;
  readonly siteName?: string;
  readonly timePointId?: string;
  readonly timePointDescription?: string;
  readonly coordinatingCenterName?: string;
}

const UNKNOWN_SPONSOR = 'UNKNOWN';
/** (0028,0303), PS3.15 §E.3.6. */
const TEMPORAL = { shift: 'MODIFIED', keep: 'UNMODIFIED', remove: 'REMOVED' } as const;
const BASIC_PROFILE = '113100';
const CLEAN_PIXEL_DATA = ['113101', 'Clean Pixel Data Option'] as const;

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

/** Whether nothing in the profile is weaker than the Basic Profile beyond the options of the standard. */
function isBasic({ options, rules, safePrivate }: Profile): boolean {
  return (
    options.descriptors !== 'keep' && safePrivate.length === 0 && !rules.some(({ action }) => action.do === 'keep')
  );
}

/** De-identification Method Code Sequence (PS3.15 §E.2, CID 7050): only what was really done. */
function methodCodes(profile: Profile, isMasked: boolean): DataElement {
  const codes = METHODS.filter(({ isChosen }) => isChosen(profile.options))
    .filter(({ code }) => code !== BASIC_PROFILE || isBasic(profile))
    .map(({ code, meaning }): readonly [string, string] => [code, meaning]);
  if (isMasked) codes.push(CLEAN_PIXEL_DATA);
  const items = codes.map(([value, meaning]) =>
    dataSetOf(
      textElement(tagOf('CodeValue'), value),
      textElement(tagOf('CodingSchemeDesignator'), 'DCM'),
      textElement(tagOf('CodeMeaning'), meaning),
    ),
  );
  return sequenceElement(tagOf('DeidentificationMethodCodeSequence'), items);
}

/**
 * The elements that say that and how a data set was de-identified (PS3.15 §E.1.1 and §E.3.6).
 * @param hash of the profile
 * @param isMasked the pixels were cleaned, so that nothing is burned in any more
 */
export function methodMarks(profile: Profile, hash: string, isMasked: boolean): DataElement[] {
  const method = [`Viaduct, PS3.15 ${EDITION} Table E.1-1`, `profile ${profile.id} ${profile.version}@${hash}`];
  const marks = [
    textElement(tagOf('PatientIdentityRemoved'), 'YES'),
    textElement(tagOf('DeidentificationMethod'), method),
    textElement(tagOf('LongitudinalTemporalInformationModified'), TEMPORAL[profile.options.dates]),
  ];
  const codes = methodCodes(profile, isMasked);
  if ((codes.items ?? []).length > 0) marks.push(codes);
  return isMasked ? [...marks, textElement(tagOf('BurnedInAnnotation'), 'NO')] : marks;
}

/** The pseudonymous patient and the trial, in the file's character set. Trial attributes of before have gone by their rows. */
export function subjectMarks(pseudonym: string, trial: Trial, specificCharacterSet: readonly string[]): DataElement[] {
  const text = (keyword: string, vr: string, value: string): DataElement => ({
    tag: tagOf(keyword),
    vr,
    value: approximateText(value, specificCharacterSet, vr),
  });
  const marks = [text('PatientName', 'PN', pseudonym), text('PatientID', 'LO', pseudonym)];
  if (trial.protocolId === '' && trial.protocolName === '') return marks;
  const optional = (keyword: string, vr: string, value: string | undefined): DataElement[] =>
    value === undefined || value === '' ? [] : [text(keyword, vr, value)];
  return [
    ...marks,
    text('ClinicalTrialSponsorName', 'LO', trial.sponsorName || UNKNOWN_SPONSOR),
    text('ClinicalTrialSiteID', 'LO', trial.siteId ?? ''),
    text('ClinicalTrialSiteName', 'LO', trial.siteName ?? ''),
    text('ClinicalTrialProtocolID', 'LO', trial.protocolId || trial.protocolName),
    text('ClinicalTrialProtocolName', 'LO', trial.protocolName),
    text('ClinicalTrialSubjectID', 'LO', pseudonym),
    ...optional('ClinicalTrialTimePointID', 'LO', trial.timePointId),
    ...optional('ClinicalTrialTimePointDescription', 'ST', trial.timePointDescription),
    ...optional('ClinicalTrialCoordinatingCenterName', 'LO', trial.coordinatingCenterName),
  ];
}

/** The age that the emptied birth date would have told, where characteristics of patients stay and the file has no age. */
export function ageMark(facts: DataSetFacts, { options, maximumAge }: Profile): DataElement[] {
  const age = tagOf('PatientAge');
  if (!options.retainPatientCharacteristics || facts.text(age).length > 0) return [];
  const [birth = ''] = facts.text(tagOf('PatientBirthDate'));
  const [study = ''] = facts.text(tagOf('StudyDate'));
  const text = ageBetween(birth, study, maximumAge);
  return text === undefined ? [] : [textElement(age, text)];
}
