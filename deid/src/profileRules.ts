import { type Tag, isPrivateTag, tagOf } from '@viaduct/dicom/dictionary';
import type { Edit, VisitedElement } from '@viaduct/dicom/part10';
import type { Decision, RuleContext } from './context.ts';
import { isOfModule } from './modules.ts';
import type { ProfileRule, RuleAction, RuleMatch } from './profile.ts';
import { FREE_TEXT, cleanText, derive, dummy, remap, replaceText, shift, textOfElement } from './values.ts';

const PATTERN = /^[0-9a-fx]{8}$/i;

/** Whether a tag fits what a rule calls it: a keyword, or 8 hex digits with x for any. */
function tagMatcher(attribute: string): (tag: Tag) => boolean {
  if (!PATTERN.test(attribute)) {
    const wanted = tagOf(attribute);
    return (tag) => tag === wanted;
  }
  const mask = Number.parseInt(attribute.replace(/[^x]/gi, 'f').replace(/x/gi, '0'), 16);
  const value = Number.parseInt(attribute.replace(/x/gi, '0'), 16);
  return (tag) => (tag & mask) >>> 0 === value;
}

/** Whether a text names an attribute as rules do. */
export function isAttributeName(attribute: string): boolean {
  if (PATTERN.test(attribute)) return true;
  try {
    return tagOf(attribute) > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function matcher({ attribute, module, privateCreator, vr }: RuleMatch): (element: VisitedElement) => boolean {
  const fits = attribute === undefined ? () => true : tagMatcher(attribute);
  return (element) =>
    fits(element.tag) &&
    (module === undefined || (element.depth === 0 && isOfModule(module, element.tag))) &&
    (vr === undefined || element.vr === vr) &&
    (privateCreator === undefined
      ? attribute !== undefined || !isPrivateTag(element.tag)
      : element.privateCreator === privateCreator);
}

/** VRs in which any text is valid. */
const TEXT: ReadonlySet<string> = new Set([...FREE_TEXT, 'AE', 'PN', 'UR']);

function editOf(action: RuleAction, element: VisitedElement, context: RuleContext): Edit {
  if (action.do === 'remove' || action.do === 'empty') return action.do;
  if (element.vr === 'SQ') return 'recurse';
  if (action.do === 'keep' || element.length === 0) return 'keep';
  if (action.do === 'dummy') return dummy(element);
  if (element.vr === 'UI' && action.do === 'hash') return remap(element, context);
  return isDate(element) || TEXT.has(element.vr) || element.vr === 'CS'
    ? editText(action, element, context)
    : dummy(element);
}

function isDate({ vr }: VisitedElement): boolean {
  return vr === 'DA' || vr === 'DT';
}

function editText(action: RuleAction, element: VisitedElement, context: RuleContext): Edit {
  switch (action.do) {
    case 'hash':
      return isDate(element) ? dummy(element) : derive(element, context);
    case 'shift':
      return isDate(element) ? shift(element, context) : 'empty';
    case 'clean':
      return cleanText(element, context) ?? 'empty';
    case 'replace':
      return replaceText(element, action.with);
    case 'substitute':
      return replaceText(element, textOfElement(element).replaceAll(new RegExp(action.pattern, 'gu'), action.with));
    default:
      return 'empty';
  }
}

/** The rules of a profile; undefined where none fits. */
export function profileRules(context: RuleContext): (element: VisitedElement) => Decision | undefined {
  const rules = context.profile.rules.map((rule: ProfileRule, at) => ({
    fits: matcher(rule.match),
    action: rule.action,
    rule: `rule ${at + 1} of the profile: ${rule.action.do}`,
  }));
  if (rules.length === 0) return () => undefined;
  return (element) => {
    const found = rules.find(({ fits }) => fits(element));
    return found && { edit: editOf(found.action, element, context), rule: found.rule };
  };
}
