import { formatTag, keywordOf, registeredUid, type Tag } from '@viaduct/dicom/dictionary';
import { characterSetTerms, type DataElement, type DataSet } from '@viaduct/dicom/part10';
import { SPECIFIC_CHARACTER_SET } from './json.ts';
import type { Bulk } from './readDicom.ts';
import { isText, valuesOf } from './values.ts';

/** Longest value that is shown whole, in characters. */
const SHOWN = 64;
const SHOWN_BYTES = 16;

/** Control characters would reach the terminal. */
const printable = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, '.');

function shortened(text: string, full: boolean): string {
  return full || text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}

function valueText(element: DataElement, terms: readonly string[], full: boolean): string {
  const { vr, value, items, fragments } = element;
  if (items !== undefined) return `(${items.length} item${items.length === 1 ? '' : 's'})`;
  if (fragments !== undefined) return `(${fragments.length} fragments)`;
  if (value.length === 0) return '(no value)';
  const values = valuesOf(element, terms);
  if (values === undefined) {
    const end = full ? value.length : Math.min(value.length, SHOWN_BYTES);
    const hex = value
      .subarray(0, end)
      .toString('hex')
      .replace(/..(?=.)/g, '$&\\');
    return end < value.length ? `${hex}…` : hex;
  }
  const text = shortened(printable(values.join('\\')), full);
  const name = vr === 'UI' && values.length === 1 ? registeredUid(values[0] ?? '')?.keyword : undefined;
  if (name !== undefined) return `=${name} [${text}]`;
  return isText(vr) ? `[${text}]` : text;
}

function row(depth: number, tag: Tag, vr: string, value: string, length: string): string {
  const left = `${'  '.repeat(depth)}${formatTag(tag).toLowerCase()} ${vr} ${value}`;
  return `${left.padEnd(70)} # ${length} ${keywordOf(tag) ?? (tag & 0x10000 ? 'Private' : 'Unknown')}`;
}

/** Lines like those of dcmdump: tag, VR, value, length in bytes, keyword. */
export function* dumpLines(
  dataSet: DataSet,
  options: { readonly bulk?: Bulk; readonly full: boolean },
  depth = 0,
  inherited: readonly string[] = [],
): Generator<string, void, undefined> {
  const own = dataSet.get(SPECIFIC_CHARACTER_SET);
  const terms = own === undefined ? inherited : characterSetTerms(own.value);
  let { bulk } = options;
  const bulkRow = ({ tag, vr, offset, length }: Bulk) =>
    row(0, tag, vr, `(not shown, at byte ${offset})`, String(length));
  for (const element of dataSet.values()) {
    const { tag, vr, value, items } = element;
    if (bulk !== undefined && bulk.tag < tag) {
      yield bulkRow(bulk);
      bulk = undefined;
    }
    yield row(depth, tag, vr, valueText(element, terms, options.full), String(value.length));
    for (const [index, item] of (items ?? []).entries()) {
      yield `${'  '.repeat(depth + 1)}(fffe,e000) item ${index + 1}`;
      yield* dumpLines(item, { full: options.full }, depth + 2, terms);
    }
  }
  if (bulk !== undefined) yield bulkRow(bulk);
}
