import { createHash } from 'node:crypto';
import { encodeText, Part10Error } from '@viaduct/dicom/part10';
import { run } from '../services/processes.ts';
import type { Category, Check } from './key.ts';
import type { Persona } from './persona.ts';

/** A file that came out, and what had to become of it. `path` is undefined when nothing came out. */
export interface Answer {
  readonly path: string | undefined;
  readonly bytes: Buffer;
  readonly checks: readonly Check[];
}

/** How well the checks came out. */
export interface Score {
  readonly total: number;
  readonly failed: readonly (Check & { readonly found: string })[];
  /** Passed and all checks by category. */
  readonly categories: Readonly<Record<Category, { readonly passed: number; readonly total: number }>>;
}

interface JsonElement {
  readonly Value?: readonly unknown[];
  readonly InlineBinary?: string;
}
type JsonDataSet = Readonly<Record<string, JsonElement>>;

/** The data set as DCMTK reads it: the checker shares no code with what it checks. */
async function readByDcmtk(path: string): Promise<JsonDataSet> {
  const { code, stdout } = await run('dcm2json', ['-q', path]);
  if (code !== 0) throw new Error(`dcm2json cannot read ${path}`);
  return JSON.parse(stdout) as JsonDataSet;
}

function elementAt(dataSet: JsonDataSet, path: string): JsonElement | undefined {
  const steps = path.split('.').map((step) => [step.slice(0, 8), Number(step.slice(9, -1) || '0')] as const);
  let list: JsonDataSet | undefined = dataSet;
  for (const [tag, item] of steps.slice(0, -1)) list = list?.[tag]?.Value?.[item] as JsonDataSet | undefined;
  return list?.[steps.at(-1)?.[0] ?? ''];
}

function textAt(dataSet: JsonDataSet, path: string): string | undefined {
  const [value] = elementAt(dataSet, path)?.Value ?? [];
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  return typeof value === 'object' && value !== null ? Object.values(value).join('=') : undefined;
}

/** A token as it may stand in bytes: in the file's letters, in Unicode, in base 64. */
function spellings(token: string, characterSet: readonly string[]): Buffer[] {
  const utf8 = Buffer.from(token, 'utf8');
  const all: Buffer[] = [utf8, Buffer.from(token, 'utf16le'), Buffer.from(utf8.toString('base64').replace(/=+$/, ''))];
  try {
    all.push(encodeText(token, characterSet, 'LO'));
  } catch (error) {
    if (!(error instanceof Part10Error)) throw error;
  }
  return all;
}

const DAY_MS = 86_400_000;
function dayOf(text: string): number {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})/.exec(text) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS;
}

/** What must be the same throughout the files of a persona. */
interface Ledger {
  readonly uids: Map<string, string>;
  readonly shifts: Set<number>;
}

/** What was found in the place of what was wanted; undefined when the check passes. */
function failureOf(
  check: Check,
  dataSet: JsonDataSet,
  bytes: Buffer,
  persona: Persona,
  ledger: Ledger,
): string | undefined {
  switch (check.kind) {
    case 'removed':
      return check.tokens.find((token) =>
        spellings(token, persona.characterSet).some((spelling) => bytes.includes(spelling)),
      );
    case 'retained': {
      const text = textAt(dataSet, check.path);
      const isEqual =
        text === check.value || (text !== undefined && text !== '' && Number(text) === Number(check.value));
      return isEqual ? undefined : (text ?? 'nothing');
    }
    case 'words': {
      const text = textAt(dataSet, check.path)?.toLowerCase() ?? '';
      return check.words.every((word) => text.includes(word.toLowerCase())) ? undefined : text || 'nothing';
    }
    case 'shifted': {
      const days = dayOf(textAt(dataSet, check.path) ?? '') - dayOf(check.value);
      ledger.shifts.add(days);
      return Number.isInteger(days) && days !== 0 && ledger.shifts.size === 1 ? undefined : `${days} days`;
    }
    case 'remapped': {
      const uid = textAt(dataSet, check.path) ?? 'nothing';
      const known = ledger.uids.get(check.value) ?? uid;
      ledger.uids.set(check.value, known);
      const isOwn = new Set(ledger.uids.values()).size === ledger.uids.size;
      return uid === known && uid !== check.value && isOwn && /^[\d.]{1,64}$/.test(uid) ? undefined : uid;
    }
    case 'absent':
      return elementAt(dataSet, check.path) === undefined ? undefined : 'present';
    case 'empty':
      return (elementAt(dataSet, check.path)?.Value ?? []).length === 0 ? undefined : 'a value';
    case 'present':
      return elementAt(dataSet, check.path) === undefined ? 'nothing' : undefined;
    case 'pixels': {
      const pixels = Buffer.from(elementAt(dataSet, '7FE00010')?.InlineBinary ?? '', 'base64');
      const hash = (value: Buffer): string => createHash('sha256').update(value).digest('hex');
      return hash(pixels) === check.value ? undefined : 'other pixels';
    }
  }
}

/**
 * Scores what came out of the files of one persona. What did not come out has removed everything and retained nothing.
 * @throws Error when DCMTK cannot read an output
 */
export async function score(persona: Persona, answers: readonly Answer[]): Promise<Score> {
  const ledger: Ledger = { uids: new Map(), shifts: new Set() };
  const failed: (Check & { found: string })[] = [];
  const categories = {
    identity: { passed: 0, total: 0 },
    standard: { passed: 0, total: 0 },
    retention: { passed: 0, total: 0 },
  };
  let total = 0;
  for (const { path, bytes, checks } of answers) {
    const dataSet = path === undefined ? {} : await readByDcmtk(path);
    for (const check of checks) {
      const found = failureOf(check, dataSet, bytes, persona, ledger);
      total += 1;
      categories[check.category].total += 1;
      if (found === undefined) categories[check.category].passed += 1;
      else failed.push({ ...check, found });
    }
  }
  return { total, failed, categories };
}
