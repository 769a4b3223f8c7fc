import { formatTag } from '@viaduct/dicom/dictionary';
import type { DataElement, DataSetFacts, VisitedElement } from '@viaduct/dicom/part10';
import type { Observe } from './context.ts';
import { approximateText } from './marks.ts';

/** Elements that are written whatever stood there, and why. */
export interface Written {
  readonly rule: string;
  readonly elements: readonly DataElement[];
}

/** The element whose place is taken, as rules see one; without value where there was none. */
function before(facts: DataSetFacts, { tag, vr }: DataElement): VisitedElement {
  const charset = facts.specificCharacterSet;
  const value = vr === 'SQ' ? Buffer.alloc(0) : approximateText(facts.text(tag).join('\\'), charset, vr);
  const path = formatTag(tag);
  return { tag, vr, depth: 0, path, privateCreator: undefined, length: value.length, list: facts, value: () => value };
}

/** Tells of elements that nobody visits, since others are put in their place. */
export function observeWritten(facts: DataSetFacts, written: readonly Written[], observe: Observe): void {
  for (const { rule, elements } of written) {
    for (const element of elements) {
      observe(before(facts, element), { edit: { replace: element.value }, rule });
    }
  }
}
