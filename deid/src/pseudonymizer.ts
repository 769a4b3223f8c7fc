import { tagOf } from '@viaduct/dicom/dictionary';
import type { DataSetFacts, Editor, FileMeta } from '@viaduct/dicom/part10';
import type { DroppedText, InvalidValue, Observe } from './context.ts';
import { textCleaner } from './descriptors.ts';
import { DeidError } from './errors.ts';
import { identityOf } from './identity.ts';
import { dateShiftDays, deriveIdentifier } from './keyed.ts';
import { type Written, observeWritten } from './written.ts';
import { type Trial, ageMark, methodMarks, subjectMarks } from './marks.ts';
import { type PixelFormat, pixelFormatOf } from './pixels/format.ts';
import { type PixelDecision, decidePixels, deviceOf, maskMarks } from './pixels/gate.ts';
import type { DeviceSignature, Rectangle } from './pixels/policy.ts';
import { unshownEditor } from './pixels/unshown.ts';
import { safePrivateList } from './privates.ts';
import type { Profile } from './profile.ts';
import { profileHash } from './profileJson.ts';
import { visitorOf } from './rules.ts';
import { resolver } from './table.ts';
import { UID, uidMapper } from './uids.ts';

/** For whom and how data sets are pseudonymized: one patient of one project. */
export interface PseudonymizerSettings {
  /** The project's secret, at least 16 bytes. */
  readonly projectKey: Uint8Array;
  readonly profile: Profile;
  /** Written as Patient's Name and Patient ID. */
  readonly pseudonym: string;
  /** The original Patient ID. It selects the shift of the dates and is never written. */
  readonly patientId: string;
  /** Issuer of the original Patient ID; default none. */
  readonly issuer?: string;
  readonly trial?: Trial;
}

/** What is to be known of a pseudonymized instance beside its bytes. */
export interface DeidReport {
  /** What the profile says about the pixels; the caller does it. */
  readonly pixels: PixelDecision;
  readonly device: DeviceSignature;
  /** Layout of the pixels; undefined when there are none, or none that can be shown or masked. */
  readonly format: PixelFormat | undefined;
  /** The pixels may show who the patient is: the instance must not leave as it is, but masked, or when somebody has looked. */
  readonly burnedInRisk: boolean;
  /** Values that were not what their VR says and were emptied or removed. */
  readonly invalid: readonly InvalidValue[];
  /** Texts of which words were dropped: to be treated like the original. */
  readonly dropped: readonly DroppedText[];
  /** The document that the object carries was replaced by an empty one. */
  readonly isDocumentReplaced: boolean;
  /** Places in the pixel data that no picture shows (comments of compressed frames, bytes behind the last one) and that were overwritten. */
  readonly overwrittenPlaces: number;
}

/** Turns data sets of one patient into pseudonymous ones; hand `editor` to `editFile`. */
export interface Pseudonymizer {
  /**
   * Throws DeidError `encapsulated-document`, `media-directory`; its `pixels` `pixels-not-maskable`.
   * @param observe told of every element, its decision and the rule: for previews and records
   * @param reviewed what somebody who has looked at the image wants to be blackened; empty: nothing
   */
  readonly editor: (facts: DataSetFacts, observe?: Observe, reviewed?: readonly Rectangle[]) => Editor<DeidReport>;
  /** What a UID becomes; the same for the same project key. */
  readonly outUid: (uid: string) => string;
  /** The file meta information of the output: of the original's nothing but UIDs comes into it. */
  readonly outMeta: (meta: FileMeta) => FileMeta;
  /** Of the profile, as (0012,0063) carries it. */
  readonly profileHash: string;
}

const STUDY_INSTANCE_UID = tagOf('StudyInstanceUID');
const PIXEL_DATA = tagOf('PixelData');
const ENCAPSULATED_DOCUMENT = tagOf('EncapsulatedDocument');
const SOP_CLASS_UID = tagOf('SOPClassUID');
/** Basic Voice Audio and General Audio Waveform Storage: what is said in a recording nobody here can clean. */
const SOUND = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.9\.4\.[12]$/;
const DIRECTORY_RECORD_SEQUENCE = tagOf('DirectoryRecordSequence');

interface MutableReport extends DeidReport {
  readonly invalid: InvalidValue[];
  readonly dropped: DroppedText[];
  isDocumentReplaced: boolean;
  overwrittenPlaces: number;
}

/**
 * Makes the pseudonymizer of a patient in a project. Same settings and same file give the same bytes, in any process.
 * @throws DeidError `key-too-short`
 */
export function createPseudonymizer(settings: PseudonymizerSettings): Pseudonymizer {
  const { projectKey, profile, pseudonym, trial = { protocolId: '', protocolName: '' } } = settings;
  const shiftDays = dateShiftDays(projectKey, settings.issuer ?? '', settings.patientId);
  const mapUid = uidMapper(projectKey);
  const kept = (uid: string): string => (UID.test(uid.trim()) ? uid.trim() : mapUid(uid));
  const outUid = profile.options.retainUIDs ? kept : mapUid;
  const outMeta = ({ sopClassUID, sopInstanceUID, transferSyntaxUID }: FileMeta): FileMeta => ({
    sopClassUID: kept(sopClassUID),
    sopInstanceUID: outUid(sopInstanceUID),
    transferSyntaxUID,
  });
  const resolve = resolver(profile.options);
  const clean = textCleaner(profile.descriptors);
  const safePrivate = safePrivateList(profile.safePrivate, profile.options.retainSafePrivate);
  const hash = profileHash(profile);
  const marks = { kept: methodMarks(profile, hash, false), masked: methodMarks(profile, hash, true) };

  const editor: Pseudonymizer['editor'] = (facts, observe, reviewed) => {
    if (facts.has(DIRECTORY_RECORD_SEQUENCE)) throw new DeidError('media-directory');
    const isRefused = profile.documents === 'refuse' && facts.has(ENCAPSULATED_DOCUMENT);
    if (isRefused || facts.text(SOP_CLASS_UID).some((uid) => SOUND.test(uid))) {
      throw new DeidError('encapsulated-document');
    }
    const pixels = decidePixels(facts, profile.pixels, reviewed);
    const report: MutableReport = {
      pixels,
      device: deviceOf(facts),
      format: facts.has(PIXEL_DATA) ? pixelFormatOf(facts) : undefined,
      burnedInRisk: pixels.do !== 'pass',
      invalid: [],
      dropped: [],
      isDocumentReplaced: false,
      overwrittenPlaces: 0,
    };
    const identity = identityOf(facts);
    const visit = visitorOf(
      {
        profile,
        pseudonym,
        shiftDays,
        outUid: mapUid,
        deriveIdentifier: (attribute, value) => deriveIdentifier(projectKey, attribute, value),
        identity,
        isMasked: pixels.do === 'mask',
        clean,
        resolve,
        safePrivate,
        onDropped: (dropped) => report.dropped.push(dropped),
        onInvalid: (invalid) => report.invalid.push(invalid),
        onDocument: () => (report.isDocumentReplaced = true),
      },
      observe,
    );
    // Objects that belong to no patient (palettes, hanging protocols) get none.
    const isClean = pixels.do === 'mask' || (pixels.do === 'pass' && pixels.isReviewed);
    const written: readonly Written[] = facts.has(STUDY_INSTANCE_UID)
      ? [
          { rule: 'pseudonym and trial', elements: subjectMarks(pseudonym, trial, facts.specificCharacterSet) },
          { rule: 'age', elements: ageMark(facts, profile) },
          { rule: 'says what was done', elements: isClean ? marks.masked : marks.kept },
          { rule: 'layout of masked pixels', elements: pixels.do === 'mask' ? maskMarks(facts, pixels) : [] },
        ]
      : [];
    if (observe !== undefined) observeWritten(facts, written, observe);
    const insert = written.flatMap(({ elements }) => elements);
    const onOverwritten = (places: number): void => void (report.overwrittenPlaces += places);
    return { report, insert, visit, pixels: unshownEditor(facts, identity, pixels.do === 'pass', onOverwritten) };
  };
  return { editor, outUid, outMeta, profileHash: hash };
}
