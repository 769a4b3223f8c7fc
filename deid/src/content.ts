import { type Tag, tagOf } from '@viaduct/dicom/dictionary';
import type { Edit, ListFacts, VisitedElement } from '@viaduct/dicom/part10';
import type { Decision, RuleContext } from './context.ts';
import { keep } from './keeping.ts';
import { type Resolution, contentRowOf } from './table.ts';
import { cleanText, dummy, shift } from './values.ts';

const CONCEPT_NAME = tagOf('ConceptNameCodeSequence');
const CODE_VALUE = tagOf('CodeValue');
const SCHEME = tagOf('CodingSchemeDesignator');
const VALUE_TYPE = tagOf('ValueType');
const TEXT_VALUE = tagOf('TextValue');
/** Where the value of a content item is (PS3.3 table C.17-5). References and codes have rules of their own. */
const VALUES: ReadonlySet<Tag> = new Set(['TextValue', 'PersonName', 'Date', 'Time', 'DateTime', 'UID'].map(tagOf));
/** SNOMED's older designators, of the same codes. */
const SNOMED = new Set(['SRT', 'SNM3', '99SDM']);

function resolutionOf(item: ListFacts, { resolve }: RuleContext): Resolution | undefined {
  const [value] = item.text(CONCEPT_NAME, CODE_VALUE);
  const [scheme = ''] = item.text(CONCEPT_NAME, SCHEME);
  const [valueType] = item.text(VALUE_TYPE);
  if (value === undefined || valueType === undefined) return undefined;
  const row = contentRowOf(SNOMED.has(scheme) ? 'SCT' : scheme, value, valueType);
  return row && resolve(row);
}

/** A text that no row knows is not safe: it is cleaned where the profile cleans structured content, else replaced. */
function unlistedText(element: VisitedElement, context: RuleContext): Decision {
  const isCleaned = context.profile.options.cleanStructuredContent;
  const cleaned = isCleaned ? cleanText(element, context) : undefined;
  return { edit: cleaned ?? dummy(element), rule: isCleaned ? 'content text cleaned' : 'content text' };
}

function valueOf(
  element: VisitedElement,
  { action, rule }: Resolution,
  byAttribute: () => Decision,
  context: RuleContext,
): Decision {
  if (action === 'keep') return { edit: keep(element, context).edit, rule };
  if (element.vr === 'UI') return byAttribute();
  if (action !== 'clean') return { edit: dummy(element), rule };
  switch (element.vr) {
    case 'DA':
    case 'DT':
      return { edit: shift(element, context), rule };
    case 'TM':
      return { edit: keep(element, context).edit, rule };
    default:
      return { edit: cleanText(element, context) ?? dummy(element), rule };
  }
}

/** Whether the element is the value of a content item. */
export function isContentValue(tag: Tag): boolean {
  return VALUES.has(tag);
}

/** The value of a content item goes by the concept that names it; without a row by its own attribute, text that no row knows is not safe. */
export function decideContentValue(
  element: VisitedElement,
  byAttribute: () => Decision,
  context: RuleContext,
): Decision {
  const resolution = resolutionOf(element.list, context);
  if (resolution !== undefined) return valueOf(element, resolution, byAttribute, context);
  return element.tag === TEXT_VALUE ? unlistedText(element, context) : byAttribute();
}

/**
 * Goes through the content of a structured report by the concept names of its items (PS3.15 table E.3.4-1): items of rows that say X go
 * with all below them. Numbers and codes of public schemes stay.
 */
export function recurseContent(context: RuleContext): Edit {
  return { recurse: context.visit, keepsItem: (item) => resolutionOf(item, context)?.action !== 'remove' };
}
