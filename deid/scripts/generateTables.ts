/**
 * Writes deid/src/generated from the tables of PS3.15 Annex E in deid/tables: E.1-1 (attributes), E.3.4-1 (content items of structured
 * reports) and E.3.10-1 (safe private attributes), and from the modules of PS3.3 that rules of a profile can name. For another edition put its tables there and run from the repository root
 * `node deid/scripts/generateTables.ts`; the tests say which rows nobody has a rule for.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Table<Row> {
  readonly _source: string;
  readonly edition: string;
  readonly rows: readonly Row[];
}
interface AttributeRow {
  readonly tag: string;
  readonly basicProfile: string;
  readonly options?: Readonly<Record<string, string>>;
}
interface ContentRow {
  readonly codingScheme: string;
  readonly codeValue: string;
  readonly valueType: string;
  readonly basicProfile: string;
  readonly options?: Readonly<Record<string, string>>;
}
interface PrivateRow {
  readonly privateCreator: string;
  readonly group: string;
  readonly element: string;
  readonly vr: string;
}

interface ModuleRow {
  readonly module: string;
  /** Of the top level, in lower case, x for any digit. */
  readonly tags: readonly string[];
}

function read<Row>(name: string): Table<Row> {
  return JSON.parse(readFileSync(new URL(`../tables/${name}.json`, import.meta.url), 'utf8')) as Table<Row>;
}

type Options = Readonly<Record<string, string>>;

/** Data, not code: what is read as TypeScript costs each process and thread that loads it a second reading. */
function write(name: string, { _source, edition }: Table<unknown>, rows: readonly (readonly string[])[]): void {
  const lines = rows.map((row) => JSON.stringify(row.join('\t')));
  const head = { generated: 'by deid/scripts/generateTables.ts; do not edit', source: _source, edition };
  const members = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)},`);
  const text = ['{', ...members, '"rows": [', lines.join(',\n'), ']', '}', ''].join('\n');
  writeFileSync(new URL(`../src/generated/${name}.json`, import.meta.url), text);
}

/** `cleanDesc C rtnDevId K` */
function cellsOf(options: Options = {}): string {
  return Object.entries(options).flat().join(' ');
}

const attributes = read<AttributeRow>('ps3.15-table-e1-1');
write(
  'profileRows',
  attributes,
  attributes.rows.map(({ tag, basicProfile, options }) => [tag.toLowerCase(), basicProfile, cellsOf(options)]),
);

const contents = read<ContentRow>('ps3.15-table-e3-4-1-sr-content-items');
write(
  'contentRows',
  contents,
  contents.rows.map(({ codingScheme, codeValue, valueType, basicProfile, options }) => [
    codingScheme,
    codeValue,
    valueType,
    basicProfile,
    cellsOf(options),
  ]),
);

const privates = read<PrivateRow>('ps3.15-table-e3-10-1-safe-private');
write(
  'safePrivateRows',
  privates,
  privates.rows.map(({ privateCreator, group, element, vr }) => [privateCreator, group, element, vr]),
);

const modules = read<ModuleRow>('ps3.3-modules');
write(
  'moduleRows',
  modules,
  modules.rows.map(({ module, tags }) => [module, tags.join(' ')]),
);
