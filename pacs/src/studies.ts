import { DimseError, type Answer, type Identifier, type QueryLevel } from '@viaduct/dicom/dimse';
import { withoutTrailing } from '@viaduct/dicom/part10';
import { WebError } from '@viaduct/dicom/web';

/** Asks a node (C-FIND); every call is one request. */
export type Ask = (level: QueryLevel, identifier: Identifier) => AsyncIterable<Answer>;

/** What a person looks for. Empty or absent fields match everything; `*` and `?` are wildcards (PS3.4 §C.2.2.2.4). */
export interface StudyCriteria {
  readonly patientId?: string;
  /** As typed: `Last, First` or `Last^First`. */
  readonly patientName?: string;
  /** DA, YYYYMMDD. */
  readonly birthDate?: string;
  readonly studyDateFrom?: string;
  readonly studyDateUntil?: string;
  readonly modalities?: readonly string[];
  readonly accessionNumber?: string;
  readonly studyDescription?: string;
  readonly studyInstanceUid?: string;
}

/** A study as a node describes it; dates and times as DICOM writes them, absent attributes are empty. */
export interface StudyAnswer {
  readonly studyInstanceUid: string;
  readonly patientId: string;
  readonly patientName: string;
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly accessionNumber: string;
  readonly studyDescription: string;
  readonly modalities: readonly string[];
  readonly numberOfSeries: number | null;
  readonly numberOfInstances: number | null;
}

/** `Last, First` becomes `Last^First`; a name without a wildcard gets one at its end. */
function nameKey(name: string | undefined): string {
  const text = (name ?? '').trim().replace(/\s*,\s*/, '^');
  return text === '' || /[*?]/.test(text) ? text : `${text}*`;
}

/** PS3.4 §C.2.2.2.5: `from-until`, open at either end. */
function dateRange(from = '', until = ''): string {
  if (from === '' && until === '') return '';
  return from === until ? from : `${from}-${until}`;
}

/**
 * Studies that match, as they come, each once. Several modalities are several queries: a list is a matching rule for
 * UIDs only (PS3.4 §C.2.2.2.2), and servers differ in what they make of one here.
 */
export async function* findStudies(ask: Ask, criteria: StudyCriteria): AsyncGenerator<StudyAnswer> {
  const { modalities = [] } = criteria;
  const given = new Set<string>();
  for (const modality of modalities.length > 1 ? modalities : [modalities[0] ?? '']) {
    for await (const answer of ask('STUDY', studyIdentifier(criteria, modality))) {
      const study = studyOf(answer);
      if (!study || given.has(study.studyInstanceUid) || !matches(criteria, study)) continue;
      given.add(study.studyInstanceUid);
      yield study;
    }
  }
}

/** A study by its UID, and the SOP classes of its instances as far as the node names them. */
export interface StudyFound {
  readonly study: StudyAnswer;
  readonly sopClassUids: readonly string[];
}

/** Whether a node has answered a query by saying that it cannot. */
export function isRefusedQuery(error: unknown): boolean {
  return (error instanceof DimseError || error instanceof WebError) && error.reason === 'status-failure';
}

/** Asks for one study; undefined when the node does not have it. */
export async function findStudy(ask: Ask, studyInstanceUid: string): Promise<StudyFound | undefined> {
  const keys = studyIdentifier({ studyInstanceUid });
  try {
    return await foundBy(ask, { ...keys, SOPClassesInStudy: '' }, studyInstanceUid);
  } catch (error) {
    if (!isRefusedQuery(error)) throw error;
    return foundBy(ask, keys, studyInstanceUid);
  }
}

async function foundBy(ask: Ask, keys: Identifier, studyInstanceUid: string): Promise<StudyFound | undefined> {
  let found: StudyFound | undefined;
  for await (const answer of ask('STUDY', keys)) {
    const study = studyOf(answer);
    if (study?.studyInstanceUid === studyInstanceUid)
      found = { study, sopClassUids: (answer.SOPClassesInStudy ?? []).filter((uid) => uid !== '') };
  }
  return found;
}

/** The keys of a study query (PS3.4 §C.6.2.1.2), for at most one modality. */
export function studyIdentifier(criteria: StudyCriteria, modality = ''): Identifier {
  return {
    PatientID: criteria.patientId ?? '',
    PatientName: nameKey(criteria.patientName),
    PatientBirthDate: criteria.birthDate ?? '',
    PatientSex: '',
    StudyInstanceUID: criteria.studyInstanceUid ?? '',
    StudyDate: dateRange(criteria.studyDateFrom, criteria.studyDateUntil),
    StudyTime: '',
    AccessionNumber: criteria.accessionNumber ?? '',
    StudyDescription: criteria.studyDescription ?? '',
    ModalitiesInStudy: modality,
    NumberOfStudyRelatedSeries: '',
    NumberOfStudyRelatedInstances: '',
  };
}

/** First value of an attribute, or nothing. */
export const first = (answer: Answer, keyword: string): string => answer[keyword]?.[0] ?? '';

/** A count that a node gave (IS), or null where it gave none that can be read. */
export function countOf(answer: Answer, keyword: string): number | null {
  const text = first(answer, keyword).trim();
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** An answer as a study; undefined when it does not even name one. */
export function studyOf(answer: Answer): StudyAnswer | undefined {
  const studyInstanceUid = first(answer, 'StudyInstanceUID');
  if (studyInstanceUid === '') return undefined;
  return {
    studyInstanceUid,
    patientId: first(answer, 'PatientID'),
    patientName: first(answer, 'PatientName'),
    patientBirthDate: first(answer, 'PatientBirthDate'),
    patientSex: first(answer, 'PatientSex'),
    studyDate: first(answer, 'StudyDate'),
    studyTime: first(answer, 'StudyTime'),
    accessionNumber: first(answer, 'AccessionNumber'),
    studyDescription: first(answer, 'StudyDescription'),
    modalities: (answer.ModalitiesInStudy ?? []).filter((modality) => modality !== ''),
    numberOfSeries: countOf(answer, 'NumberOfStudyRelatedSeries'),
    numberOfInstances: countOf(answer, 'NumberOfStudyRelatedInstances'),
  };
}

/** PS3.4 §C.2.2.2.4, without regard to case: servers differ there. */
function matchesText(pattern: string, value: string): boolean {
  if (pattern === '' || pattern === '*') return true;
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 'isu').test(value.trim());
}

/** A name matches when one of its groups (alphabetic, ideographic, phonetic) does; missing components are empty. */
function matchesName(pattern: string, value: string): boolean {
  return (
    pattern === '' ||
    [value, ...value.split('=')].some(
      (group) => matchesText(pattern, withoutTrailing(group, '^')) || matchesText(pattern, group),
    )
  );
}

/**
 * Whether a study is one that was asked for: many servers ignore keys. An attribute that the server left out cannot
 * speak against it.
 */
export function matches(criteria: StudyCriteria, study: StudyAnswer): boolean {
  const agrees = (pattern: string | undefined, value: string) =>
    value === '' || matchesText(pattern?.trim() ?? '', value);
  const { studyDateFrom, studyDateUntil, modalities = [] } = criteria;
  const date = study.studyDate.replaceAll('.', '');
  return (
    (!criteria.studyInstanceUid || criteria.studyInstanceUid === study.studyInstanceUid) &&
    agrees(criteria.patientId, study.patientId) &&
    agrees(criteria.birthDate, study.patientBirthDate) &&
    agrees(criteria.accessionNumber, study.accessionNumber) &&
    agrees(criteria.studyDescription, study.studyDescription) &&
    (study.patientName === '' || matchesName(nameKey(criteria.patientName), study.patientName)) &&
    (date === '' || ((!studyDateFrom || date >= studyDateFrom) && (!studyDateUntil || date <= studyDateUntil))) &&
    (modalities.length === 0 ||
      study.modalities.length === 0 ||
      study.modalities.some((modality) => modalities.includes(modality)))
  );
}
