import type { ModelElement, ModelItem } from './model.ts';

/** What becomes of an element of the model, by its path. */
export type ModelEdit = 'keep' | 'remove' | 'empty' | 'recurse' | 'recurse and insert' | 'replace';
export type Decide = (path: string) => ModelEdit;

/** What is put into lists, and what replaces text. */
export const INSERTED: ModelElement = { tag: 0x00104000, vr: 'LT', value: Buffer.from('put in') };
export const REPLACEMENT = Buffer.from('REPLACED');

const path = (tag: number): string => {
  const digits = tag.toString(16).toUpperCase().padStart(8, '0');
  return `(${digits.slice(0, 4)},${digits.slice(4)})`;
};
const isGroupLength = ({ tag, value }: ModelElement): boolean => (tag & 0xffff) === 0 && value?.length === 4;

/** Whether text can take the place of the value. Of private elements nobody knows in implicit VR. */
export function isReplaced({ tag, vr }: ModelElement): boolean {
  return (tag & 0x00010000) === 0 && ['LO', 'PN', 'SH', 'LT', 'UT'].includes(vr);
}
const TOP_PIXELS = 0x7fe00010;

function editElement(element: ModelElement, place: string, decide: Decide): ModelElement | undefined {
  const edit = decide(place);
  switch (edit) {
    case 'keep':
      return element;
    case 'remove':
      return undefined;
    case 'empty':
      if (element.items === undefined && element.fragments === undefined && element.value?.length === 0) return element;
      if (element.items?.length === 0 && element.isUndefined !== true) return element;
      return { tag: element.tag, vr: element.vr, value: Buffer.alloc(0) };
    case 'replace':
      return isReplaced(element) && element.items === undefined ? { ...element, value: REPLACEMENT } : element;
    case 'recurse':
    case 'recurse and insert': {
      if (element.items === undefined) return element;
      const isInserted = edit === 'recurse and insert';
      const items = element.items.map((item, at): ModelItem => {
        const elements = editList(item.elements, `${place}[${at}].`, decide, isInserted);
        return elements === item.elements ? item : { ...item, elements };
      });
      return items.every((item, at) => item === element.items?.[at]) ? element : { ...element, items };
    }
  }
}

/**
 * The list as it must be after an edit; the list itself when nothing changes. Written from what an editor promises, without its code: group
 * lengths go when their group changes, what is put in takes the place of what has its tag.
 */
export function editList(
  elements: readonly ModelElement[],
  prefix: string,
  decide: Decide,
  isInserted: boolean,
): readonly ModelElement[] {
  const changed = new Set<number>();
  const kept: ModelElement[] = [];
  if (isInserted) changed.add(INSERTED.tag >>> 16);
  for (const element of elements) {
    if (isInserted && element.tag === INSERTED.tag) continue;
    const isNotAsked = prefix === '' && element.tag === TOP_PIXELS;
    const edited = isNotAsked ? element : editElement(element, prefix + path(element.tag), decide);
    if (edited !== element) changed.add(element.tag >>> 16);
    if (edited !== undefined) kept.push(edited);
  }
  if (changed.size === 0) return elements;
  const left = kept.filter((element) => !isGroupLength(element) || !changed.has(element.tag >>> 16));
  return isInserted ? [...left, INSERTED].sort((a, b) => a.tag - b.tag) : left;
}
