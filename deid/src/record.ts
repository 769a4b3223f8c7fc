import { keywordOf } from '@viaduct/dicom/dictionary';
import { type Edit, type VisitedElement, decodeText, withoutPadding } from '@viaduct/dicom/part10';
import type { Decision, Observe } from './context.ts';
import { rowOf } from './table.ts';

/** What became of an element. */
export type Outcome = 'kept' | 'removed' | 'emptied' | 'replaced';

/** What was done to one element, without its value. */
export interface Change {
  /** `(0040,A730)[0].(0040,A160)` */
  readonly path: string;
  /** Of PS3.6; empty for private and unknown attributes. */
  readonly keyword: string;
  readonly outcome: Outcome;
  readonly rule: string;
}

/** A row of a preview: it has values, and is to be treated like the original. */
export interface PreviewRow extends Change {
  readonly vr: string;
  /** At most some dozen characters; numbers and bytes only by their length. */
  readonly before: string;
  readonly after: string;
  /** Whether the table of PS3.15 has a row for it. */
  readonly isListed: boolean;
}

const LONGEST = 64;
const NO_TEXT = new Set('AT FD FL OB OD OF OL OV OW SL SS SV UL UN US UV'.split(' '));

function outcomeOf(element: VisitedElement, edit: Edit): Outcome {
  if (edit === 'remove') return 'removed';
  if (edit === 'empty') return element.length === 0 ? 'kept' : 'emptied';
  if (typeof edit !== 'object' || 'recurse' in edit) return 'kept';
  return textOf(element, edit.replace) === textOf(element, element.value()) ? 'kept' : 'replaced';
}

function textOf({ vr, list }: VisitedElement, value: Buffer): string {
  const text = NO_TEXT.has(vr) ? value.toString('hex') : decodeText(value, list.specificCharacterSet, vr);
  return withoutPadding(text);
}

function shown(element: VisitedElement, value: Buffer): string {
  if (element.vr === 'SQ') return '';
  if (NO_TEXT.has(element.vr)) return value.length === 0 ? '' : `${value.length} bytes`;
  const text = textOf(element, value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function changeOf(element: VisitedElement, { edit, rule }: Decision): Change {
  return { path: element.path, keyword: keywordOf(element.tag) ?? '', outcome: outcomeOf(element, edit), rule };
}

/** Collects what was changed in a data set. */
export function changeRecorder(): { readonly observe: Observe; readonly changes: readonly Change[] } {
  const changes: Change[] = [];
  const observe: Observe = (element, decision) => {
    const change = changeOf(element, decision);
    if (change.outcome !== 'kept') changes.push(change);
  };
  return { observe, changes };
}

function after(element: VisitedElement, { edit }: Decision): string {
  if (edit === 'remove' || edit === 'empty') return '';
  if (typeof edit === 'object' && 'replace' in edit) return shown(element, edit.replace);
  return element.vr === 'SQ' ? '' : shown(element, element.value());
}

/** Collects every element of a data set as it was, as it will be, and why; `rows` gives them in the order of the data set. */
export function previewer(): { readonly observe: Observe; readonly rows: () => readonly PreviewRow[] } {
  const rows: PreviewRow[] = [];
  const observe: Observe = (element, decision) => {
    const before = element.vr === 'SQ' ? '' : shown(element, element.value());
    const isListed = rowOf(element.tag) !== undefined;
    rows.push({ ...changeOf(element, decision), vr: element.vr, before, after: after(element, decision), isListed });
  };
  return { observe, rows: () => rows.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}
