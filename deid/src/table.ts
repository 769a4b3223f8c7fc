import { type Tag, groupOf, isPrivateTag, tagOf } from '@viaduct/dicom/dictionary';
import { CONTENT_ROWS, PROFILE_ROWS } from './standard.ts';
import { type OptionColumn, type ProfileOptions, columnsOf } from './options.ts';
import { SUPPLEMENT } from './supplement.ts';

/** What a cell of the tables asks for, conditions resolved (PS3.15 table E.1-1a). */
export type Action = 'keep' | 'clean' | 'remove' | 'empty' | 'dummy' | 'remap';

/** A row: what the Basic Profile asks for and what options ask for instead. */
export interface Row {
  /** `E.1-1`, `E.3.4-1`, or `Viaduct` for what the standard has no row for. */
  readonly source: string;
  /** As the table writes it: `X/Z/D`. */
  readonly code: string;
  readonly options: Readonly<Partial<Record<OptionColumn, string>>>;
}

/** What becomes of an attribute under a choice of options. */
export interface Resolution {
  readonly action: Action;
  /** The Basic Profile's action, for what cannot be cleaned. */
  readonly basic: Action;
  /** For people and records: `E.1-1 rtnDevId K`. */
  readonly rule: string;
  /** The standard does not retain it: what is kept is to be looked through for identity. */
  readonly isGuarded: boolean;
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

/** The row of all private attributes. */
export const PRIVATE_ROW = 'private';
const CURVES = '50xxxxxx';
const OVERLAYS = '60xx3000';
const COMMENTS_OF_OVERLAYS = '60xx4000';

const rows = new Map<string, Row>([
  ...SUPPLEMENT.map(([keyword, code, options]): [string, Row] => [
    key(tagOf(keyword)),
    { source: 'Viaduct', code, options },
  ]),
  ...PROFILE_ROWS.map(([tag, code, options]): [string, Row] => [tag, { source: 'E.1-1', code, options }]),
]);
const contentRows = new Map<string, Row>(
  CONTENT_ROWS.map(([scheme, value, valueType, code, options]) => [
    `${scheme} ${value} ${valueType}`,
    { source: 'E.3.4-1', code, options },
  ]),
);

function key(tag: Tag): string {
  return tag.toString(16).padStart(8, '0');
}

/** Curves have the even groups 50xx, overlays 60xx. */
export function repeatingGroupOf(tag: Tag): 'curve' | 'overlay' | undefined {
  const range = groupOf(tag) & 0xff01;
  if (range === 0x5000) return 'curve';
  return range === 0x6000 ? 'overlay' : undefined;
}

/** The key of the row that an attribute falls under, as the table's data writes it. */
function keyOf(tag: Tag): string {
  if (isPrivateTag(tag)) return PRIVATE_ROW;
  switch (repeatingGroupOf(tag)) {
    case 'curve':
      return CURVES;
    case 'overlay':
      // What is left of an overlay without its data is invalid: the group shares the fate of its data.
      return (tag & 0xffff) === 0x4000 ? COMMENTS_OF_OVERLAYS : OVERLAYS;
    case undefined:
      return key(tag);
  }
}

/** The row of an attribute: of table E.1-1, or one of our own for what the table forgets. */
export function rowOf(tag: Tag): Row | undefined {
  return rows.get(keyOf(tag));
}

/**
 * The row of a content item of a structured report (PS3.15 table E.3.4-1).
 * @param scheme coding scheme designator of its concept name; SNOMED's older designators count as SCT
 */
export function contentRowOf(scheme: string, value: string, valueType: string): Row | undefined {
  return contentRows.get(`${scheme} ${value} ${valueType}`);
}

/** Resolves rows for one choice of options. Where options disagree, the one that protects more wins: C before K. */
export function resolver(options: ProfileOptions): (row: Row) => Resolution {
  const columns = columnsOf(options);
  const known = new Map<Row, Resolution>();
  const resolve = (row: Row): Resolution => {
    const basic = ACTIONS[row.code] ?? 'remove';
    if (options.descriptors === 'keep' && row.options.cleanDesc !== undefined) {
      return { action: 'keep', basic, rule: `${row.source} descriptors kept`, isGuarded: true };
    }
    const cells = columns.flatMap((column) => {
      const code = row.options[column];
      return code === undefined ? [] : [{ column, code }];
    });
    const cell = cells.find(({ code }) => code === 'C') ?? cells[0];
    if (cell === undefined) return { action: basic, basic, rule: `${row.source} ${row.code}`, isGuarded: false };
    const action = ACTIONS[cell.code] ?? basic;
    return { action, basic, rule: `${row.source} ${cell.column} ${cell.code}`, isGuarded: false };
  };
  return (row) => {
    const found = known.get(row) ?? resolve(row);
    known.set(row, found);
    return found;
  };
}
