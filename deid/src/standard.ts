import content from './generated/contentRows.json' with { type: 'json' };
import modules from './generated/moduleRows.json' with { type: 'json' };
import profile from './generated/profileRows.json' with { type: 'json' };
import safePrivate from './generated/safePrivateRows.json' with { type: 'json' };

/** What a row asks for beside the Basic Profile: an action code by option column. */
export type OptionCells = Readonly<Record<string, string>>;

function optionCells(text: string): OptionCells {
  const words = text === '' ? [] : text.split(' ');
  return Object.fromEntries(words.flatMap((column, at) => (at % 2 === 0 ? [[column, words[at + 1] ?? '']] : [])));
}

/** Of PS3.15, whose tables these are. */
export const EDITION = profile.edition;
/** Where the modules of PS3.3 are from: they are older than the rest. */
export const MODULES_SOURCE = modules.source;

/** Table E.1-1. A tag is 8 hex digits, x for any, or `private`. */
export const PROFILE_ROWS = profile.rows.map((row): readonly [tag: string, code: string, options: OptionCells] => {
  const [tag = '', code = '', options = ''] = row.split('\t');
  return [tag, code, optionCells(options)];
});

/** Table E.3.4-1. */
export const CONTENT_ROWS = content.rows.map(
  (row): readonly [scheme: string, value: string, valueType: string, code: string, options: OptionCells] => {
    const [scheme = '', value = '', valueType = '', code = '', options = ''] = row.split('\t');
    return [scheme, value, valueType, code, optionCells(options)];
  },
);

/** Table E.3.10-1. An element is the low byte in the creator's block; no VR means any. */
export const SAFE_PRIVATE_ROWS = safePrivate.rows.map(
  (row): readonly [creator: string, group: number, element: number, vr: string] => {
    const [creator = '', group = '', element = '', vr = ''] = row.split('\t');
    return [creator, Number.parseInt(group, 16), Number.parseInt(element, 16), vr];
  },
);

/** Modules of PS3.3 and the attributes that they have at the top level, in 8 hex digits, x for any. */
export const MODULE_ROWS = modules.rows.map((row): readonly [name: string, tags: readonly string[]] => {
  const [name = '', tags = ''] = row.split('\t');
  return [name, tags.split(' ')];
});
