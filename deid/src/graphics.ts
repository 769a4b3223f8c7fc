import { keywordOf } from '@viaduct/dicom/dictionary';
import type { Edit, VisitedElement } from '@viaduct/dicom/part10';
import type { RuleContext } from './context.ts';
import { keep } from './keeping.ts';
import { repeatingGroupOf } from './table.ts';
import { FREE_TEXT } from './values.ts';

/** (60xx,0040): `G` for graphics, in which text may be drawn, `R` for a region of interest. */
const OVERLAY_TYPE = 0x0040;
const REGION_OF_INTEREST = 'R';

/**
 * Cleans overlays and curves (PS3.15 §E.3.3) without looking at them: regions of interest stay; what may hold drawn or spoken words
 * goes, and so does every text.
 */
export function cleanGraphics(element: VisitedElement, context: RuleContext): Edit {
  const isKnown = keywordOf(element.tag) !== undefined;
  if (!isKnown || repeatingGroupOf(element.tag) === 'curve' || FREE_TEXT.has(element.vr)) return 'remove';
  const [type] = element.list.text(((element.tag & 0xffff0000) | OVERLAY_TYPE) >>> 0);
  return type === REGION_OF_INTEREST ? keep(element, context).edit : 'remove';
}
