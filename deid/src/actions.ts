import { type Tag, isPrivateTag, tagOf } from '@viaduct/dicom/dictionary';
import type { Edit, VisitedElement } from '@viaduct/dicom/part10';
import { recurseContent } from './content.ts';
import type { Decide, Decision, RuleContext } from './context.ts';
import { replacementDocument } from './documents.ts';
import { cleanGraphics } from './graphics.ts';
import { keep, retain } from './keeping.ts';
import { type Action, type Resolution, repeatingGroupOf } from './table.ts';
import { FREE_TEXT, cleanText, derive, dummy, remap, replaceText, shift, textOfElement } from './values.ts';

const VERIFYING_OBSERVER_SEQUENCE = tagOf('VerifyingObserverSequence');
/** X/Z: Type 2 in a report's request, else optional and invalid without items. */
const REFERENCED_REQUEST_SEQUENCE = '(0040,A370)';
const REFERENCED_STUDY_SEQUENCE = tagOf('ReferencedStudySequence');
const ENCAPSULATED_DOCUMENT = tagOf('EncapsulatedDocument');
const CONTENT_SEQUENCE = tagOf('ContentSequence');
/** Sequences whose row says D and whose items have rows of their own: the profile applies inside (PS3.15 §E.3.4, §E.3.3). */
const GONE_THROUGH: ReadonlySet<Tag> = new Set(['GraphicAnnotationSequence', 'WaveformAnnotationSequence'].map(tagOf));
/** VRs whose values are replaced consistently, so that no dummy is needed. */
const BY_RULE = new Set(['UI', 'DA', 'DT', 'TM']);
/** Belongs to the times of day, which stay where dates move. */
const TIMEZONE_OFFSET = tagOf('TimezoneOffsetFromUTC');
/** Identifiers of a study within a hospital. */
const STUDY_IDENTIFIERS: ReadonlySet<Tag> = new Set(['AccessionNumber', 'StudyID'].map(tagOf));
/** The word before a derived application entity title. */
const AE_PREFIX = 'AE_';

/** What happens inside sequences that name somebody or something by codes: nothing that is text stays. */
function decideDummyInside(context: RuleContext): Decide {
  return (element): Decision => {
    const rule = 'inside D';
    if (isPrivateTag(element.tag) || element.vr === 'UN') return { edit: 'remove', rule };
    if (element.vr === 'SQ') return { edit: 'recurse', rule };
    return BY_RULE.has(element.vr) ? context.decide(element) : { edit: dummy(element), rule };
  };
}

function cleanByVr(element: VisitedElement, context: RuleContext, basic: Action): Edit {
  switch (element.vr) {
    case 'DA':
    case 'DT':
      return shift(element, context);
    case 'TM':
      return keep(element, context).edit;
    case 'AE':
      return element.length === 0 ? 'keep' : replaceText(element, deriveTitle(element, context));
    case 'SQ':
      return recurseContent(context);
    default: {
      if (element.tag === TIMEZONE_OFFSET && /^[+-]\d{4}$/.test(textOfElement(element))) return 'keep';
      if (!FREE_TEXT.has(element.vr) && element.vr !== 'CS') return act(basic, element, context);
      return cleanText(element, context) ?? act(basic, element, context);
    }
  }
}

function deriveTitle(element: VisitedElement, { deriveIdentifier }: RuleContext): string {
  return AE_PREFIX + deriveIdentifier('AE', textOfElement(element));
}

function clean(element: VisitedElement, context: RuleContext, basic: Action): Edit {
  return repeatingGroupOf(element.tag) === undefined
    ? cleanByVr(element, context, basic)
    : cleanGraphics(element, context);
}

function dummyOf(element: VisitedElement, context: RuleContext): Edit {
  if (element.tag === ENCAPSULATED_DOCUMENT) {
    context.onDocument();
    return { replace: replacementDocument(element.list) };
  }
  if (element.vr === 'UI') return remap(element, context);
  if (element.vr !== 'SQ') return dummy(element);
  if (element.tag === VERIFYING_OBSERVER_SEQUENCE && !element.list.has(CONTENT_SEQUENCE)) return 'remove';
  if (element.tag === CONTENT_SEQUENCE) return recurseContent(context);
  return GONE_THROUGH.has(element.tag) ? 'recurse' : { recurse: context.visitorOf(decideDummyInside(context)) };
}

function act(action: Action, element: VisitedElement, context: RuleContext): Edit {
  switch (action) {
    case 'remove':
      return 'remove';
    case 'empty':
      if (element.tag === REFERENCED_STUDY_SEQUENCE && !element.path.includes(REFERENCED_REQUEST_SEQUENCE))
        return 'remove';
      return context.profile.identifiers === 'derive' && STUDY_IDENTIFIERS.has(element.tag)
        ? derive(element, context)
        : 'empty';
    case 'keep':
      return keep(element, context).edit;
    case 'clean':
      return clean(element, context, 'remove');
    case 'dummy':
      return dummyOf(element, context);
    case 'remap':
      return element.vr === 'SQ' ? 'recurse' : remap(element, context);
  }
}

/** Carries out what the row of an attribute asks for. */
export function applyRow(
  element: VisitedElement,
  { action, basic, rule, isGuarded }: Resolution,
  context: RuleContext,
): Decision {
  if (action === 'clean') return { edit: clean(element, context, basic), rule };
  if (action !== 'keep') return { edit: act(action, element, context), rule };
  const { edit, because } = isGuarded ? keep(element, context) : retain(element, context);
  return { edit, rule: because === '' ? rule : `${rule}, ${because}` };
}
