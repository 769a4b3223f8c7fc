import { BASIC_OPTIONS, type ProfileOptions } from './options.ts';
import type { PixelPolicy } from './pixels/policy.ts';
import type { DescriptorTerms } from './descriptors.ts';
import type { SafePrivateAttribute } from './privates.ts';

/** Which elements a rule of a profile is about; all that is given must fit. */
export interface RuleMatch {
  /** Keyword of PS3.6 or tag, 8 hex digits with x for any: `StudyDescription`, `0018xxxx`. */
  readonly attribute?: string;
  /** Module of PS3.3 by its name, `General Study`: its attributes at the top level. */
  readonly module?: string;
  readonly privateCreator?: string;
  readonly vr?: string;
}

/** What a rule of a profile does. `clean` drops unknown words, `hash` puts a keyed identifier, `shift` moves dates. */
export type RuleAction =
  | { readonly do: 'keep' | 'remove' | 'empty' | 'hash' | 'shift' | 'clean' | 'dummy' }
  | { readonly do: 'replace'; readonly with: string }
  /** What the regular expression finds is replaced. */
  | { readonly do: 'substitute'; readonly pattern: string; readonly with: string };

/** A rule beside the table's; the first that fits wins over the table. */
export interface ProfileRule {
  readonly match: RuleMatch;
  readonly action: RuleAction;
}

/** How a project de-identifies: versioned data that people may edit. Never has anything of a patient. */
export interface Profile {
  /** Lower-case letters, digits and hyphens. */
  readonly id: string;
  readonly name: string;
  /** Rises with every change. */
  readonly version: number;
  readonly description: string;
  readonly options: ProfileOptions;
  /** Ages above this many years become the next year; null leaves them. */
  readonly maximumAge: number | null;
  /** Accession Number and Study ID: emptied, or replaced by keyed ones that keep studies apart. */
  readonly identifiers: 'empty' | 'derive';
  /** Encapsulated documents: replaced by an empty one of the kind, or the object is refused. */
  readonly documents: 'replace' | 'refuse';
  readonly descriptors: DescriptorTerms;
  /** Safe private attributes beside the standard's. */
  readonly safePrivate: readonly SafePrivateAttribute[];
  readonly rules: readonly ProfileRule[];
  readonly pixels: PixelPolicy;
}

const COMMON = {
  version: 1,
  maximumAge: 89,
  identifiers: 'derive',
  documents: 'replace',
  descriptors: { terms: [], patterns: [] },
  safePrivate: [],
  rules: [],
  pixels: { atRisk: 'review', masks: [] },
} as const satisfies Partial<Profile>;

const RESEARCH_OPTIONS: ProfileOptions = {
  ...BASIC_OPTIONS,
  dates: 'shift',
  descriptors: 'clean',
  retainDeviceIdentity: true,
  retainPatientCharacteristics: true,
  retainSafePrivate: true,
};

/** The profiles that everybody has; copies of them may be edited. */
export const BUILT_IN_PROFILES: readonly Profile[] = [
  {
    ...COMMON,
    id: 'basic',
    name: 'Basic Profile',
    description: 'PS3.15 Basic Application Level Confidentiality Profile without any option.',
    options: BASIC_OPTIONS,
    identifiers: 'empty',
  },
  {
    ...COMMON,
    id: 'research',
    name: 'Research',
    description:
      'Basic Profile with shifted dates, patient characteristics, device identity, cleaned descriptions and safe private attributes.',
    options: RESEARCH_OPTIONS,
  },
  {
    ...COMMON,
    id: 'full-dates',
    name: 'Research with true dates',
    description: 'As Research, with dates and times as they are.',
    options: { ...RESEARCH_OPTIONS, dates: 'keep' },
  },
  {
    ...COMMON,
    id: 'minimal',
    name: 'Minimal, for clinical hand-over',
    description:
      'Hides who the patient is and who treated them; dates, UIDs, devices, institutions, descriptions and characteristics stay. Weaker than the Basic Profile: descriptions are not cleaned, and who has the original can find it by its UIDs.',
    options: {
      dates: 'keep',
      descriptors: 'keep',
      retainUIDs: true,
      retainDeviceIdentity: true,
      retainInstitutionIdentity: true,
      retainPatientCharacteristics: true,
      retainSafePrivate: true,
      cleanStructuredContent: true,
      cleanGraphics: true,
    },
    maximumAge: null,
  },
  {
    ...COMMON,
    id: 'adit-compatible',
    name: 'ADIT-compatible',
    description:
      'For going on with studies that ADIT began: true dates of acquisition, descriptions, devices and institutions stay, as ADIT leaves them. Weaker than the Basic Profile: descriptions are not cleaned, and true dates together with the institution can tell who somebody is. Unlike ADIT it empties birth dates, drops private attributes and maps UIDs the same in every job.',
    options: {
      ...BASIC_OPTIONS,
      dates: 'keep',
      descriptors: 'keep',
      retainDeviceIdentity: true,
      retainInstitutionIdentity: true,
      retainPatientCharacteristics: true,
    },
  },
];

/** The built-in profile of an id. Throws RangeError for an unknown one: it is a mistake in the code or of who typed it. */
export function builtInProfile(id: string): Profile {
  const profile = BUILT_IN_PROFILES.find((each) => each.id === id);
  if (profile === undefined) throw new RangeError(`no such profile: ${id}`);
  return profile;
}
