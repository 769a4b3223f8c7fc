/**
 * Writes dicom/src/dictionary/generated from the registries in dicom/tables (PS3.6).
 * Run from the repository root: `node dicom/scripts/generateDictionary.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

type AttributeRow = [keyword: string, vr: string, vm: string, retired: 0 | 1, name: string];
type UidRow = [keyword: string, type: string, retired: 0 | 1, name: string];

const tables = new URL('../tables/', import.meta.url);
const generated = new URL('../src/dictionary/generated/', import.meta.url);

function readTable<T>(name: string, field: string): [string, T][] {
  const table = JSON.parse(readFileSync(new URL(name, tables), 'utf8')) as Record<string, Record<string, T>>;
  return Object.entries(table[field] ?? {});
}

/** Data, not code: what is read as TypeScript costs each process that loads it a second reading. */
function write(name: string, cells: string, rows: readonly (readonly string[])[]): void {
  const lines = rows.map((row) => JSON.stringify(row.join('\t')));
  const head = `{\n"generated": "by dicom/scripts/generateDictionary.ts from PS3.6; do not edit",\n"cells": "${cells}",\n"rows": [\n`;
  writeFileSync(new URL(name, generated), `${head}${lines.join(',\n')}\n]\n}\n`);
}

const attributes = readTable<AttributeRow>('ps3.6-attributes.json', 'attributes')
  .filter(([, [, vr]]) => vr !== '')
  .map(([tag, [keyword, vr, vm]]) => [tag.toLowerCase(), keyword, vr, vm] as const);

write(
  'attributes.json',
  'tag, keyword, VR, VM',
  attributes.filter(([tag]) => !tag.includes('x')),
);
write(
  'maskedAttributes.json',
  'tag with x for any digit, keyword, VR, VM',
  attributes.filter(([tag]) => tag.includes('x')),
);
write(
  'uids.json',
  'UID, keyword, type, name',
  readTable<UidRow>('ps3.6-uids.json', 'uids').map(([uid, [keyword, type, , name]]) => [uid, keyword, type, name]),
);
