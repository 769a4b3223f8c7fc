import {
  type DeidReport,
  type Observe,
  type Profile,
  type Pseudonymizer,
  createPseudonymizer,
  derivePseudonym,
} from '@viaduct/deid';
import { tagOf } from '@viaduct/dicom/dictionary';
import { type EditedFile, type FileMeta, editFile } from '@viaduct/dicom/part10';
import { Failure } from '../failure.ts';

const PATIENT_ID = tagOf('PatientID');
const STUDY_INSTANCE_UID = tagOf('StudyInstanceUID');
const SOP_INSTANCE_UID = tagOf('SOPInstanceUID');
const SOP_CLASS_UID = tagOf('SOPClassUID');

/** A file's data set as it is to be written. */
export interface Deidentified {
  readonly edited: EditedFile<DeidReport>;
  readonly report: DeidReport;
  /** Of the output; empty when the file has none. */
  readonly sopInstanceUID: string;
  readonly studyInstanceUID: string;
  /** Its file meta information; the transfer syntax is that of the original. */
  readonly meta: FileMeta;
}

/** De-identifies file after file as a job with the same secret and profile would. */
export class Deidentifier {
  readonly #projectKey: Buffer;
  readonly #profile: Profile;
  readonly #given: string | undefined;
  readonly #patients = new Map<string, Pseudonymizer>();

  /** @param given - the pseudonym for the one patient that the files are of */
  constructor(projectKey: Buffer, profile: Profile, given: string | undefined) {
    this.#projectKey = projectKey;
    this.#profile = profile;
    this.#given = given;
  }

  /** @throws Part10Error, DeidError; Failure for a second patient under one given pseudonym */
  async file(path: string, observe: Observe | undefined, signal: AbortSignal): Promise<Deidentified> {
    const first = { sopInstanceUID: '', studyInstanceUID: '' };
    let outMeta = (meta: FileMeta): FileMeta => meta;
    const edited = await editFile<DeidReport>(
      path,
      (facts) => {
        const pseudonymizer = this.#pseudonymizer(facts.text(PATIENT_ID)[0] ?? '');
        const { outUid } = pseudonymizer;
        const uid = (tag: number): string => facts.text(tag)[0] ?? '';
        first.sopInstanceUID = outUid(uid(SOP_INSTANCE_UID));
        first.studyInstanceUID = outUid(uid(STUDY_INSTANCE_UID));
        outMeta = (meta) =>
          pseudonymizer.outMeta({
            ...meta,
            sopClassUID: uid(SOP_CLASS_UID) || meta.sopClassUID,
            sopInstanceUID: uid(SOP_INSTANCE_UID),
          });
        return pseudonymizer.editor(facts, observe);
      },
      { signal },
    );
    if (edited.report === undefined) throw new Failure('no report');
    return { edited, report: edited.report, ...first, meta: outMeta(edited.meta) };
  }

  #pseudonymizer(patientId: string): Pseudonymizer {
    const known = this.#patients.get(patientId);
    if (known !== undefined) return known;
    if (this.#given !== undefined && this.#patients.size > 0) throw new Failure('is of another patient than the first');
    const made = createPseudonymizer({
      projectKey: this.#projectKey,
      profile: this.#profile,
      pseudonym: this.#given ?? derivePseudonym(this.#projectKey, '', patientId),
      patientId,
    });
    this.#patients.set(patientId, made);
    return made;
  }
}
