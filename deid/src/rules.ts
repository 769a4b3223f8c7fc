import { type Tag, elementOf, groupOf, isPrivateTag, keywordOf, tagOf } from '@viaduct/dicom/dictionary';
import type { Visit, VisitedElement } from '@viaduct/dicom/part10';
import { applyRow } from './actions.ts';
import { decideCodeMeaning, isCodeMeaning } from './codes.ts';
import { decideContentValue, isContentValue } from './content.ts';
import type { Decide, Decision, Observe, RuleContext, RuleSettings } from './context.ts';
import { keep } from './keeping.ts';
import { decidePrivate } from './privates.ts';
import { profileRules } from './profileRules.ts';
import { asRegistered } from './registered.ts';
import { rowOf } from './table.ts';
import { PATIENT_ID, PATIENT_NAME, remap, replaceText, shift } from './values.ts';
import { namesKind } from './uids.ts';

/** Groups 0000–0007 have no place in a data set that travels: commands, file meta information, directories. */
const FIRST_GROUP = 0x0008;
/** Addresses that lead nowhere but to a public registry. */
const PUBLIC_ADDRESSES: ReadonlySet<Tag> = new Set(['CodingSchemeURL', 'URNCodeValue'].map(tagOf));
/** The group of pixel data: what the gate knows nothing of must not be in an item. */
const PIXEL_GROUP = 0x7fe0;
/** Without meaning (PS3.10 §7.2). */
const PADDING = tagOf('DataSetTrailingPadding');
/** Retired (PS3.5 §7.2): four bytes that may hold anything and that nobody misses, as those of groups. */
const LENGTH_TO_END = tagOf('LengthToEnd');

/** Where compressed frames are and how long: bytes that the masked ones do not have. */
const OF_FRAMES: ReadonlySet<Tag> = new Set(
  ['ExtendedOffsetTable', 'ExtendedOffsetTableLengths', 'EncapsulatedPixelDataValueTotalLength'].map(tagOf),
);
/** Bytes of an attribute that measures or draws; what others carry as bytes nobody here can read. */
const READABLE_BYTES =
  /LookupTableData$|^LUTData$|^Waveform|^Channel(Min|Max)imumValue$|PointIndexList$|CIELabValueList$|^FillPattern$|^ICCProfile$/;

const NO_PLACE: Decision = { edit: 'remove', rule: 'has no place in a data set' };
const NESTED_PIXELS: Decision = { edit: 'remove', rule: 'pixels inside a sequence' };
const OTHER_VR: Decision = { edit: 'remove', rule: 'VR is not the registered one' };
const UNKNOWN: Decision = { edit: 'remove', rule: 'unknown attribute' };
const UNREADABLE: Decision = { edit: 'remove', rule: 'bytes that nobody can read' };
const REPEATED: Decision = { edit: 'remove', rule: 'comes twice' };
const GROUP_LENGTH: Decision = { edit: 'remove', rule: 'length of a group' };
const MASKED_LAYOUT: Decision = { edit: 'remove', rule: 'layout of masked pixels' };

/** Attributes without a row go by their VR (PS3.15 §E.1.1 suggests it for dates; names, titles and UIDs are as telling). */
function byVr(element: VisitedElement, context: RuleContext): Decision {
  const { dates, retainUIDs } = context.profile.options;
  const { tag } = element;
  const rule = `VR ${element.vr}`;
  switch (element.vr) {
    case 'PN':
    case 'AE':
      return { edit: 'empty', rule };
    case 'UR':
      return PUBLIC_ADDRESSES.has(tag) ? { edit: keep(element, context).edit, rule } : { edit: 'remove', rule };
    case 'OB':
    case 'OW':
      return READABLE_BYTES.test(keywordOf(tag) ?? '') ? kept(element, context) : UNREADABLE;
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
    default:
      return kept(element, context);
  }
}

function kept(element: VisitedElement, context: RuleContext): Decision {
  const { edit, because } = keep(element, context);
  return { edit, rule: because === '' ? 'no rule' : because };
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
  const seen = new Set<Tag>();
  /** What comes twice at the top level could say one thing to us and another to who reads the output. */
  const isRepeated = ({ depth, tag }: VisitedElement): boolean => depth === 0 && seen.size === seen.add(tag).size;
  const decide: Decide = (element) => {
    const { tag } = element;
    if (isRepeated(element)) return REPEATED;
    if (groupOf(tag) < FIRST_GROUP || tag === PADDING) return NO_PLACE;
    if (elementOf(tag) === 0 || tag === LENGTH_TO_END) return GROUP_LENGTH;
    if (settings.isMasked && OF_FRAMES.has(tag)) return MASKED_LAYOUT;
    if (groupOf(tag) === PIXEL_GROUP && element.depth > 0) return NESTED_PIXELS;
    if (tag === PATIENT_NAME || tag === PATIENT_ID) {
      const edit = element.vr === 'SQ' ? 'remove' : replaceText(element, settings.pseudonym);
      return { edit, rule: 'pseudonym' };
    }
    const decided = own(element);
    if (decided !== undefined) return decided;
    if (isPrivateTag(tag)) return decidePrivate(element, context);
    const seen = asRegistered(element);
    if (seen === undefined) {
      settings.onInvalid({ path: element.path, vr: element.vr });
      return OTHER_VR;
    }
    const attribute = (): Decision => byAttribute(seen, context);
    return isContentValue(tag) ? decideContentValue(seen, attribute, context) : attribute();
  };
  const context: RuleContext = { ...settings, decide, visit: visitor(decide), visitorOf: visitor };
  const own = profileRules(context);
  return context.visit;
}
