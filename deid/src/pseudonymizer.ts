import { tagOf } from '@viaduct/dicom/dictionary';
import type { DataSetFacts, Editor } from '@viaduct/dicom/part10';
import { hasBurnedInRisk } from './burnedIn.ts';
import { DeidError } from './errors.ts';
import { dateShiftDays } from './keyed.ts';
import { type Trial, approximateText, methodMarks, subjectMarks } from './marks.ts';
import type { ProfileOptions } from './profile.ts';
import { type RuleContext, ruleFor } from './rules.ts';
import { traceFinder } from './traces.ts';
import { uidMapper } from './uids.ts';

/** For whom and how data sets are pseudonymized: one patient of one project. */
export interface PseudonymizerSettings {
  /** The project's secret, at least 16 bytes. */
  readonly projectKey: Uint8Array;
  /** `shift` moves all dates of the patient by the same number of days into the past; times of day stay. */
  readonly dates: 'shift' | 'keep' | 'remove';
  /** Written as Patient's Name and Patient ID. */
  readonly pseudonym: string;
  /** The original Patient ID. It selects the shift of the dates and is never written. */
  readonly patientId: string;
  /** Issuer of the original Patient ID; default none. */
  readonly issuer?: string;
  readonly trial?: Trial;
  /** Whether descriptions of studies, series and protocols stay; default `keep`. */
  readonly descriptions?: 'keep' | 'remove';
}

/** What is to be known of a pseudonymized instance beside its bytes. */
export interface DeidReport {
  /** The pixels may show who the patient is. */
  readonly burnedInRisk: boolean;
  /** Dates that were none and are empty now. */
  readonly invalidDates: number;
}

/** Turns data sets of one patient into pseudonymous ones; hand `editor` to `editFile`. */
export interface Pseudonymizer {
  /** Throws DeidError `encapsulated-document`. */
  readonly editor: (facts: DataSetFacts) => Editor<DeidReport>;
  /** What a UID becomes; the same for the same project key. */
  readonly outUid: (uid: string) => string;
}

const STUDY_INSTANCE_UID = tagOf('StudyInstanceUID');
const CONTENT_SEQUENCE = tagOf('ContentSequence');
const ENCAPSULATED_DOCUMENT = tagOf('EncapsulatedDocument');
const PATIENT_NAME = tagOf('PatientName');
const PATIENT_ID = tagOf('PatientID');

/**
 * Makes the pseudonymizer of a patient in a project. Same settings and same file give the same bytes, in any process.
 * @throws DeidError `key-too-short`
 */
export function createPseudonymizer(settings: PseudonymizerSettings): Pseudonymizer {
  const { projectKey, pseudonym, trial = { protocolId: '', protocolName: '' } } = settings;
  const options: ProfileOptions = { dates: settings.dates, descriptions: settings.descriptions ?? 'keep' };
  const shiftDays = dateShiftDays(projectKey, settings.issuer ?? '', settings.patientId);
  const outUid = uidMapper(projectKey);
  const marks = methodMarks(options);

  const editor = (facts: DataSetFacts): Editor<DeidReport> => {
    if (facts.has(ENCAPSULATED_DOCUMENT)) throw new DeidError('encapsulated-document');
    const report = { burnedInRisk: hasBurnedInRisk(facts), invalidDates: 0 };
    const context: RuleContext = {
      options,
      shiftDays,
      outUid,
      hasTrace: traceFinder(facts),
      isReport: facts.has(CONTENT_SEQUENCE),
      onInvalidDate: () => (report.invalidDates += 1),
    };
    const { specificCharacterSet } = facts;
    return {
      report,
      // Objects that belong to no patient (palettes, hanging protocols) get none.
      insert: facts.has(STUDY_INSTANCE_UID) ? [...marks, ...subjectMarks(pseudonym, trial, specificCharacterSet)] : [],
      visit: (element) => {
        if (element.tag !== PATIENT_NAME && element.tag !== PATIENT_ID) return ruleFor(element, context);
        return { replace: approximateText(pseudonym, specificCharacterSet, element.vr) };
      },
    };
  };
  return { editor, outUid };
}
