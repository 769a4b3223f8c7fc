/** The columns of table E.1-1 beside the Basic Profile, by the names that the table's data uses. */
export type OptionColumn =
  | 'rtnSafePriv'
  | 'rtnUIDs'
  | 'rtnDevId'
  | 'rtnInstId'
  | 'rtnPatChars'
  | 'rtnLongFullDates'
  | 'rtnLongModifDates'
  | 'cleanDesc'
  | 'cleanStructCont'
  | 'cleanGraph';

/** The options of PS3.15 §E.3 that a profile chooses. */
export interface ProfileOptions {
  /** `shift`: Retain Longitudinal Temporal Information with Modified Dates; `keep`: with Full Dates; `remove`: neither. */
  readonly dates: 'remove' | 'shift' | 'keep';
  /** `clean`: Clean Descriptors; `remove`: the Basic Profile; `keep` leaves them as they are, which no option of the standard does. */
  readonly descriptors: 'remove' | 'clean' | 'keep';
  readonly retainUIDs: boolean;
  readonly retainDeviceIdentity: boolean;
  readonly retainInstitutionIdentity: boolean;
  readonly retainPatientCharacteristics: boolean;
  readonly retainSafePrivate: boolean;
  readonly cleanStructuredContent: boolean;
  readonly cleanGraphics: boolean;
}

/** The Basic Profile without any option. */
export const BASIC_OPTIONS: ProfileOptions = {
  dates: 'remove',
  descriptors: 'remove',
  retainUIDs: false,
  retainDeviceIdentity: false,
  retainInstitutionIdentity: false,
  retainPatientCharacteristics: false,
  retainSafePrivate: false,
  cleanStructuredContent: false,
  cleanGraphics: false,
};

/** An option with its code of CID 7050 (PS3.16). */
interface MethodCode {
  readonly column: OptionColumn | undefined;
  readonly code: string;
  readonly meaning: string;
  readonly isChosen: (options: ProfileOptions) => boolean;
}

/** The profile and its options in the order of their codes. */
export const METHODS: readonly MethodCode[] = [
  { column: undefined, code: '113100', meaning: 'Basic Application Confidentiality Profile', isChosen: () => true },
  { column: 'cleanGraph', code: '113103', meaning: 'Clean Graphics Option', isChosen: (o) => o.cleanGraphics },
  {
    column: 'cleanStructCont',
    code: '113104',
    meaning: 'Clean Structured Content Option',
    isChosen: (o) => o.cleanStructuredContent,
  },
  {
    column: 'cleanDesc',
    code: '113105',
    meaning: 'Clean Descriptors Option',
    isChosen: (o) => o.descriptors === 'clean',
  },
  {
    column: 'rtnLongFullDates',
    code: '113106',
    meaning: 'Retain Longitudinal Temporal Information Full Dates Option',
    isChosen: (o) => o.dates === 'keep',
  },
  {
    column: 'rtnLongModifDates',
    code: '113107',
    meaning: 'Retain Longitudinal Temporal Information Modified Dates Option',
    isChosen: (o) => o.dates === 'shift',
  },
  {
    column: 'rtnPatChars',
    code: '113108',
    meaning: 'Retain Patient Characteristics Option',
    isChosen: (o) => o.retainPatientCharacteristics,
  },
  {
    column: 'rtnDevId',
    code: '113109',
    meaning: 'Retain Device Identity Option',
    isChosen: (o) => o.retainDeviceIdentity,
  },
  { column: 'rtnUIDs', code: '113110', meaning: 'Retain UIDs Option', isChosen: (o) => o.retainUIDs },
  {
    column: 'rtnSafePriv',
    code: '113111',
    meaning: 'Retain Safe Private Option',
    isChosen: (o) => o.retainSafePrivate,
  },
  {
    column: 'rtnInstId',
    code: '113112',
    meaning: 'Retain Institution Identity Option',
    isChosen: (o) => o.retainInstitutionIdentity,
  },
];

/** The columns that apply beside the Basic Profile. */
export function columnsOf(options: ProfileOptions): readonly OptionColumn[] {
  return METHODS.flatMap(({ column, isChosen }) => (column !== undefined && isChosen(options) ? [column] : []));
}
