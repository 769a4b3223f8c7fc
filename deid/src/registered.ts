import { vrOf } from '@viaduct/dicom/dictionary';
import type { VisitedElement } from '@viaduct/dicom/part10';
import { FREE_TEXT } from './values.ts';

/** VRs of bytes and numbers, whose values are kept without being read. */
export const NUMBERS: ReadonlySet<string> = new Set('AT FD FL OB OD OF OL OV OW SL SS SV UL US UV'.split(' '));
const TEXTS: ReadonlySet<string> = new Set([...FREE_TEXT, ...'AE AS CS DA DS DT IS PN TM UI UR'.split(' ')]);

/** What values of a VR are made of; undefined for UN and for VRs that PS3.5 does not know. */
function kindOf(vr: string): 'bytes' | 'text' | 'items' | undefined {
  if (NUMBERS.has(vr)) return 'bytes';
  if (TEXTS.has(vr)) return 'text';
  return vr === 'SQ' ? 'items' : undefined;
}

/** The element under another VR. */
export function seenAs(element: VisitedElement, vr: string): VisitedElement {
  const { tag, depth, length, privateCreator, list } = element;
  return {
    ...{ tag, vr, depth, length, privateCreator, list },
    get path() {
      return element.path;
    },
    value: () => element.value(),
  };
}

/**
 * The element as the rules are to see it, which go by what PS3.6 registers and not by what somebody wrote: a name is a name under VR LO,
 * too. Undefined when the value cannot be what the attribute is for: text among numbers, numbers where items should be.
 */
export function asRegistered(element: VisitedElement): VisitedElement | undefined {
  const registered = vrOf(element.tag);
  const [due, found] = [kindOf(registered), kindOf(element.vr)];
  if (registered === element.vr || due === undefined || found === undefined) return element;
  if (due !== found) return undefined;
  const isSame = due === 'bytes' || (FREE_TEXT.has(registered) && FREE_TEXT.has(element.vr));
  return isSame ? element : seenAs(element, registered);
}
