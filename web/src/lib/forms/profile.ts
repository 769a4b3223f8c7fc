import type { ProfileContent } from '@viaduct/client';
import { textOf } from './field.ts';

type Rule = ProfileContent['rules'][number];
type Mask = ProfileContent['pixels']['masks'][number];
type Safe = ProfileContent['safePrivate'][number];

/** The options of PS3.15 that are either chosen or not. */
export const SWITCHES = [
  'retainPatientCharacteristics',
  'retainDeviceIdentity',
  'retainInstitutionIdentity',
  'retainSafePrivate',
  'retainUIDs',
  'cleanStructuredContent',
  'cleanGraphics',
] as const;

/** What a rule may do, in the order in which it is offered. */
export const ACTIONS = [
  'keep',
  'remove',
  'empty',
  'replace',
  'hash',
  'shift',
  'clean',
  'dummy',
  'substitute',
] as const satisfies readonly Rule['action']['do'][];

/** Texts of a device signature, and its numbers. */
export const DEVICE_TEXTS = ['modality', 'manufacturer', 'model', 'sopClassUID'] as const;
export const DEVICE_NUMBERS = ['rows', 'columns'] as const;

const one = <T extends string>(choices: readonly T[], text: string, otherwise: T): T =>
  choices.find((choice) => choice === text) ?? otherwise;
const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
const filled = <T extends Record<string, unknown>>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '')) as Partial<T>;

/** Fields of a row of the rules, as they are typed. */
export const RULE_FIELDS = ['attribute', 'module', 'privateCreator', 'vr', 'do', 'with', 'pattern'] as const;
export type RuleRow = Record<(typeof RULE_FIELDS)[number], string>;
/** Fields of a row of the masks. */
export const MASK_FIELDS = [...DEVICE_TEXTS, ...DEVICE_NUMBERS, 'rectangles'] as const;
export type MaskRow = Record<(typeof MASK_FIELDS)[number], string>;

export const NO_RULE: RuleRow = {
  attribute: '',
  module: '',
  privateCreator: '',
  vr: '',
  do: 'remove',
  with: '',
  pattern: '',
};
export const NO_MASK: MaskRow = {
  modality: '',
  manufacturer: '',
  model: '',
  sopClassUID: '',
  rows: '',
  columns: '',
  rectangles: '',
};

/** Whether a rule says which elements it is about. */
export const isRule = ({ attribute, module, privateCreator, vr }: RuleRow): boolean =>
  !!(attribute || module || privateCreator || vr);
/** Whether anything of a mask is filled in. */
export const isMask = (row: MaskRow): boolean => Object.values(row).some(Boolean);

/** The rows of fields that are called `<prefix>.<row>.<name>`. */
function rowsOf<Name extends string>(form: FormData, prefix: string, names: readonly Name[]): Record<Name, string>[] {
  const rows: Record<Name, string>[] = [];
  while (form.has(`${prefix}.${rows.length}.${names[0]}`)) {
    const field = (name: Name) => [name, textOf(form, `${prefix}.${rows.length}.${name}`).trim()] as const;
    rows.push(Object.fromEntries(names.map(field)) as Record<Name, string>);
  }
  return rows;
}

function actionOf(row: Record<'do' | 'with' | 'pattern', string>): Rule['action'] {
  const action = one(ACTIONS, row.do, 'remove');
  if (action === 'replace') return { do: action, with: row.with };
  if (action === 'substitute') return { do: action, pattern: row.pattern, with: row.with };
  return { do: action };
}

function rulesOf(form: FormData): Rule[] {
  return rowsOf(form, 'rules', RULE_FIELDS)
    .filter(isRule)
    .map(({ attribute, module, privateCreator, vr, ...action }) => ({
      match: filled({ attribute, module, privateCreator, vr: vr.toUpperCase() }),
      action: actionOf(action),
    }));
}

/** `0, 0, 640, 40; 0, 440, 640, 40`; what is no number becomes -1, which the API refuses at its place. */
export function rectanglesOf(text: string): Mask['rectangles'] {
  const number = (digits: string | undefined) => (digits && /^\d+$/.test(digits) ? Number(digits) : -1);
  return text
    .split(';')
    .filter((each) => each.trim() !== '')
    .map((each) => {
      const [x, y, width, height] = each.split(',').map((digits) => digits.trim());
      return { x: number(x), y: number(y), width: number(width), height: number(height) };
    });
}

/** The rules of a profile as they are typed. */
export function ruleRows(rules: readonly Rule[]): RuleRow[] {
  return rules.map(({ match, action }) => ({ ...NO_RULE, ...match, ...action }));
}

/** The masks of a profile as they are typed. */
export function maskRows(masks: readonly Mask[]): MaskRow[] {
  return masks.map(({ device: { rows, columns, ...texts }, rectangles }) => ({
    ...NO_MASK,
    ...texts,
    rows: rows === undefined ? '' : String(rows),
    columns: columns === undefined ? '' : String(columns),
    rectangles: rectanglesText(rectangles),
  }));
}

/** The field of the form that a place of the profile stands in: `rules.0.match.vr` → `rules.0.vr`. */
export function fieldOf(path: string): string {
  return path
    .replace(/^(options|pixels|descriptors)\./, '')
    .replace(/\.(match|action|device)\./, '.')
    .replace(/^(safePrivate|terms|patterns|masks\.\d+\.rectangles)\..*/, '$1');
}

/** Rectangles as they are typed. */
export function rectanglesText(rectangles: Mask['rectangles']): string {
  return rectangles.map(({ x, y, width, height }) => [x, y, width, height].join(', ')).join('; ');
}

function masksOf(form: FormData): Mask[] {
  return rowsOf(form, 'masks', MASK_FIELDS)
    .filter(isMask)
    .map(({ rectangles, rows, columns, ...texts }) => ({
      device: { ...filled(texts), ...(rows && { rows: Number(rows) }), ...(columns && { columns: Number(columns) }) },
      rectangles: rectanglesOf(rectangles),
    }));
}

/** `SIEMENS MR HEADER, 0019, 0C, IS`, one a line. */
function safePrivateOf(text: string): Safe[] {
  return lines(text).map((line) => {
    const [vr = '', element = '', group = '', ...creator] = line
      .split(',')
      .map((part) => part.trim())
      .reverse();
    return {
      creator: creator.reverse().join(', '),
      group: Number.parseInt(group, 16) || 0,
      element: Number.parseInt(element, 16) || 0,
      vr,
    };
  });
}

/** Safe private attributes as they are typed. */
export function safePrivateText(attributes: readonly Safe[]): string {
  const hex = (number: number, digits: number) => number.toString(16).toUpperCase().padStart(digits, '0');
  return attributes
    .map(({ creator, group, element, vr }) => [creator, hex(group, 4), hex(element, 2), vr].join(', '))
    .join('\n');
}

/** What was typed into the form of a profile. The API says what is wrong with it. */
export function profileOf(form: FormData): ProfileContent {
  const text = (name: string) => textOf(form, name).trim();
  const switches = Object.fromEntries(SWITCHES.map((name) => [name, form.has(name)])) as Record<
    (typeof SWITCHES)[number],
    boolean
  >;
  const age = text('maximumAge');
  return {
    id: text('id'),
    name: text('name'),
    version: Number(text('version')) || 0,
    description: text('description'),
    options: {
      dates: one(['shift', 'keep', 'remove'], text('dates'), 'shift'),
      descriptors: one(['clean', 'remove', 'keep'], text('descriptors'), 'clean'),
      ...switches,
    },
    maximumAge: age === '' ? null : Number(age),
    identifiers: one(['derive', 'empty'], text('identifiers'), 'derive'),
    documents: one(['replace', 'refuse'], text('documents'), 'replace'),
    descriptors: { terms: lines(text('terms')), patterns: lines(text('patterns')) },
    safePrivate: safePrivateOf(text('safePrivate')),
    rules: rulesOf(form),
    pixels: { atRisk: one(['review', 'mask', 'exclude', 'pass'], text('atRisk'), 'review'), masks: masksOf(form) },
  };
}

/** A short name made from a name. */
export function idOf(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
}
