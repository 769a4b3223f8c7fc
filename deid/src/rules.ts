import { type Tag, groupOf, isPrivateTag, keywordOf, tagOf, vrOf } from '@viaduct/dicom/dictionary';
import type { Visit, VisitedElement } from '@viaduct/dicom/part10';
import { applyRow } from './actions.ts';
import { decideCodeMeaning, isCodeMeaning } from './codes.ts';
import { decideContentValue, isContentValue } from './content.ts';
import type { Decide, Decision, Observe, RuleContext, RuleSettings } from './context.ts';
import { keep } from './keeping.ts';
import { decidePrivate } from './privates.ts';
import { profileRules } from './profileRules.ts';
import { rowOf } from './table.ts';
import { PATIENT_ID, PATIENT_NAME, remap, replaceText, shift } from './values.ts';
import { namesKind } from './uids.ts';

/** Groups 0000–0007 have no place in a data set that travels: commands, file meta information, directories. */
const FIRST_GROUP = 0x0008;
/** Addresses that lead nowhere but to a public registry. */
const PUBLIC_ADDRESSES: ReadonlySet<Tag> = new Set(['CodingSchemeURL', 'URNCodeValue'].map(tagOf));
/** VRs that the dictionary's VR overrides: an attribute is at risk if either says so. */
const AT_RISK = new Set(['AE', 'DA', 'DT', 'PN', 'TM', 'UI', 'UR']);

const NO_PLACE: Decision = { edit: 'remove', rule: 'group has no place in a data set' };
const UNKNOWN: Decision = { edit: 'remove', rule: 'unknown attribute' };

/** Attributes without a row go by their VR (PS3.15 §E.1.1 suggests it for dates; names, titles and UIDs are as telling). */
function byVr(element: VisitedElement, context: RuleContext): Decision {
  const { dates, retainUIDs } = context.profile.options;
  const { tag } = element;
  const registered = vrOf(tag);
  if (AT_RISK.has(registered) && registered !== element.vr)
    return { edit: 'empty', rule: 'VR is not the registered one' };
  const rule = `VR ${element.vr}`;
  switch (element.vr) {
    case 'PN':
    case 'AE':
      return { edit: 'empty', rule };
    case 'UR':
      return PUBLIC_ADDRESSES.has(tag) ? { edit: 'keep', rule } : { edit: 'remove', rule };
    case 'UI':
      return namesKind(tag) || retainUIDs
        ? { edit: keep(element, context).edit, rule }
        : { edit: remap(element, context), rule };
    case 'DA':
    case 'DT':
      if (dates === 'shift') return { edit: shift(element, context), rule };
      return dates === 'keep' ? { edit: keep(element, context).edit, rule } : { edit: 'empty', rule };
    case 'TM':
      return dates === 'remove' ? { edit: 'empty', rule } : { edit: keep(element, context).edit, rule };
    default: {
      const { edit, because } = keep(element, context);
      return { edit, rule: because === '' ? 'no rule' : because };
    }
  }
}

/** A content value's, code's or attribute's own rule. */
function byAttribute(element: VisitedElement, context: RuleContext): Decision {
  const { tag } = element;
  if (isCodeMeaning(tag)) return decideCodeMeaning(element, context);
  const row = rowOf(tag);
  if (row !== undefined) return applyRow(element, context.resolve(row), context);
  return keywordOf(tag) === undefined || element.vr === 'UN' ? UNKNOWN : byVr(element, context);
}

/**
 * The rules of a profile as a visitor of every element of a data set.
 * @param observe told of each decision
 */
export function visitorOf(settings: RuleSettings, observe?: Observe): Visit {
  const visitor = (rules: Decide): Visit => {
    if (observe === undefined) return (element) => rules(element).edit;
    return (element) => {
      const decision = rules(element);
      observe(element, decision);
      return decision.edit;
    };
  };
  const decide: Decide = (element) => {
    const { tag } = element;
    if (groupOf(tag) < FIRST_GROUP) return NO_PLACE;
    if (tag === PATIENT_NAME || tag === PATIENT_ID) {
      return { edit: replaceText(element, settings.pseudonym), rule: 'pseudonym' };
    }
    const decided = own(element);
    if (decided !== undefined) return decided;
    if (isPrivateTag(tag)) return decidePrivate(element, context);
    const attribute = (): Decision => byAttribute(element, context);
    return isContentValue(tag) ? decideContentValue(element, attribute, context) : attribute();
  };
  const context: RuleContext = { ...settings, decide, visit: visitor(decide), visitorOf: visitor };
  const own = profileRules(context);
  return context.visit;
}
