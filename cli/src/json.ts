import { keywordOf, tagOf, vrOf, type Tag } from '@viaduct/dicom/dictionary';
import type { Answer } from '@viaduct/dicom/dimse';
import { SPECIFIC_CHARACTER_SET } from './characterSets.ts';

/** A value in the DICOM JSON Model (PS3.18 §F.2.2). */
export type JsonValue = string | number | PersonName | JsonDataSet;
/** Component groups of a person name. */
export interface PersonName {
  readonly Alphabetic?: string;
  readonly Ideographic?: string;
  readonly Phonetic?: string;
}
/** An attribute in the DICOM JSON Model; a value of null stands for an empty one among others. */
export interface JsonElement {
  readonly vr: string;
  readonly Value?: readonly (JsonValue | null)[];
  readonly InlineBinary?: string;
  readonly BulkDataURI?: string;
}
/** A data set in the DICOM JSON Model. */
export interface JsonDataSet {
  readonly [tag: string]: JsonElement;
}

const NUMBER_VRS = new Set(['DS', 'IS', 'US', 'SS', 'UL', 'SL', 'UV', 'SV', 'FL', 'FD']);

/** Eight hexadecimal digits, as the DICOM JSON Model names attributes. */
export function jsonTag(tag: Tag): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}

/** An attribute of text values. Numbers that would lose digits, and texts that are none, stay text. */
export function jsonElement(vr: string, values: readonly string[]): JsonElement {
  if (values.length === 0) return { vr };
  return { vr, Value: values.map((text) => (text === '' ? null : jsonValue(vr, text))) };
}

function jsonValue(vr: string, text: string): JsonValue {
  if (vr === 'PN') return personName(text);
  if (!NUMBER_VRS.has(vr)) return text;
  const number = Number(text);
  const isSafe = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
  return isSafe ? number : text;
}

function personName(text: string): PersonName {
  const names = ['Alphabetic', 'Ideographic', 'Phonetic'] as const;
  const groups = text.split('=');
  const given = names.flatMap((name, index) => (groups[index] ? [[name, groups[index]] as const] : []));
  return Object.fromEntries(given);
}

/** The DICOM JSON Model is Unicode, whatever the data set was written in (PS3.18 §F.2). */
export const UNICODE: JsonElement = { vr: 'CS', Value: ['ISO_IR 192'] };

/** An answer of a C-FIND in the DICOM JSON Model, attributes in the order of their tags. */
export function jsonAnswer(answer: Answer): JsonDataSet {
  const tags = Object.keys(answer)
    .map(tagOf)
    .toSorted((one, other) => one - other);
  return Object.fromEntries(
    tags.map((tag) => {
      const values = answer[keywordOf(tag) ?? ''] ?? [];
      return [jsonTag(tag), tag === SPECIFIC_CHARACTER_SET ? UNICODE : jsonElement(vrOf(tag), values)];
    }),
  );
}
