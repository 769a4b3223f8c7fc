import type { Edit, Visit, VisitedElement } from '@viaduct/dicom/part10';
import type { TextCleaner } from './descriptors.ts';
import type { Identity } from './identity.ts';
import type { SafePrivateList } from './privates.ts';
import type { Profile } from './profile.ts';
import type { Resolution, Row } from './table.ts';

/** What becomes of an element and which rule says so. */
export interface Decision {
  readonly edit: Edit;
  /** `E.1-1 cleanDesc C`, `VR PN`, `private`, … */
  readonly rule: string;
}

/** Decides about one element. */
export type Decide = (element: VisitedElement) => Decision;

/** Told of every decision, also inside sequences; the element is only valid during the call. */
export type Observe = (element: VisitedElement, decision: Decision) => void;

/** A text of which words were left out. */
export interface DroppedText {
  readonly path: string;
  /** The words: they may tell who the patient is and are to be treated like the original. */
  readonly words: readonly string[];
}

/** Why an element could not be treated as its VR asks. */
export interface InvalidValue {
  readonly path: string;
  readonly vr: string;
}

/** What the rules know of the data set and of its patient's project. */
export interface RuleSettings {
  readonly profile: Profile;
  readonly pseudonym: string;
  /** Days, negative; dates move by them where the profile shifts. */
  readonly shiftDays: number;
  readonly outUid: (uid: string) => string;
  /** What stands for an identifier of an attribute. */
  readonly deriveIdentifier: (attribute: string, value: string) => string;
  readonly identity: Identity;
  /** The pixels are decoded and masked: what tells how they were compressed goes. */
  readonly isMasked: boolean;
  readonly clean: TextCleaner;
  readonly resolve: (row: Row) => Resolution;
  readonly safePrivate: SafePrivateList;
  readonly onDropped: (dropped: DroppedText) => void;
  readonly onInvalid: (invalid: InvalidValue) => void;
  readonly onDocument: () => void;
}

/** What the rules know beside: each other. */
export interface RuleContext extends RuleSettings {
  /** The rules for any element. */
  readonly decide: Decide;
  /** The same as a visitor, for the items of a sequence. */
  readonly visit: Visit;
  /** Turns other rules into a visitor for the items of a sequence. */
  readonly visitorOf: (decide: Decide) => Visit;
}
