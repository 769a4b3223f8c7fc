import { type Tag, groupOf, tagOf } from '@viaduct/dicom/dictionary';
import { PROFILE_ROWS } from './generated/profileRows.ts';

/** What a row asks for, conditions resolved: see PS3.15 §E.3 table E.1-1a. `clean` is left to whoever knows how. */
export type Action = 'keep' | 'clean' | 'remove' | 'empty' | 'dummy' | 'remap';

/** Choices of a project that override the Basic Profile. */
export interface ProfileOptions {
  /** `shift` and `keep` are the options for longitudinal temporal information; `remove` is the Basic Profile. */
  readonly dates: 'shift' | 'keep' | 'remove';
  /** Whether descriptions of studies, series and protocols stay as they are; default `keep`. */
  readonly descriptions: 'keep' | 'remove';
}

/**
 * Without knowledge of the object's type the strongest branch that breaks no type: X/Z empties, anything with D gets a dummy,
 * X/Z/U* keeps the sequence and remaps inside.
 */
const ACTIONS: Readonly<Record<string, Action>> = {
  X: 'remove',
  Z: 'empty',
  D: 'dummy',
  U: 'remap',
  K: 'keep',
  C: 'clean',
  'X/Z': 'empty',
  'X/D': 'dummy',
  'Z/D': 'dummy',
  'X/Z/D': 'dummy',
  'X/Z/U*': 'remap',
};

/** Descriptors that name what was done, not who it was done to. */
const DESCRIPTIONS: ReadonlySet<Tag> = new Set(
  [
    'StudyDescription',
    'SeriesDescription',
    'ProtocolName',
    'AcquisitionProtocolDescription',
    'AcquisitionDeviceProcessingDescription',
    'PerformedProcedureStepDescription',
    'RequestedProcedureDescription',
    'ScheduledProcedureStepDescription',
    'ContrastBolusAgent',
    'DerivationDescription',
    'ROIName',
    'StructureSetLabel',
    'RTPlanLabel',
  ].map(tagOf),
);

/** X/Z, but optional in every object that has it, and invalid without items. */
const REFERENCED_STUDY_SEQUENCE = tagOf('ReferencedStudySequence');

interface Row {
  readonly basic: Action;
  readonly options: Readonly<Record<string, Action>>;
}

const rows = new Map<string, Row>(
  PROFILE_ROWS.map(([tag, action, options]) => [
    tag,
    {
      basic: ACTIONS[action] ?? 'remove',
      options: Object.fromEntries(Object.entries(options).map(([name, code]) => [name, ACTIONS[code] ?? 'remove'])),
    },
  ]),
);

/** Curves and overlays go as a whole: what is left of them without their data is invalid. */
function isCurveOrOverlay(tag: Tag): boolean {
  const group = groupOf(tag) & 0xffe1;
  return group === 0x5000 || group === 0x6000;
}

/** The action for an attribute; undefined when the table has no row for it. */
export function actionOf(tag: Tag, { dates, descriptions }: ProfileOptions): Action | undefined {
  if (isCurveOrOverlay(tag) || tag === REFERENCED_STUDY_SEQUENCE) return 'remove';
  const row = rows.get(tag.toString(16).padStart(8, '0'));
  if (row === undefined) return undefined;
  const { basic, options } = row;
  if (descriptions === 'keep' && DESCRIPTIONS.has(tag)) return 'keep';
  if (options['rtnPatChars'] === 'keep') return 'keep';
  if (dates === 'keep') return options['rtnLongFullDates'] ?? basic;
  if (dates === 'shift') return options['rtnLongModifDates'] ?? basic;
  return basic;
}

/** The action of the Basic Profile where an option asks to clean and nobody can. */
export function basicActionOf(tag: Tag): Action | undefined {
  return rows.get(tag.toString(16).padStart(8, '0'))?.basic;
}
