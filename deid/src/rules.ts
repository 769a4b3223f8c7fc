import { type Tag, groupOf, isPrivateTag, keywordOf, tagOf } from '@viaduct/dicom/dictionary';
import { type Edit, type VisitedElement, uidText } from '@viaduct/dicom/part10';
import { shiftDate, shiftDateTime } from './dates.ts';
import { dummyFor } from './dummies.ts';
import { type Action, type ProfileOptions, actionOf, basicActionOf } from './profile.ts';
import { namesKind } from './uids.ts';

/** What the rules need to know beside the element. */
export interface RuleContext {
  readonly options: ProfileOptions;
  /** Days, negative. */
  readonly shiftDays: number;
  readonly outUid: (uid: string) => string;
  /** Whether a text holds a word of the patient's own identifiers. */
  readonly hasTrace: (value: Buffer, vr: string) => boolean;
  /** The object is a structured report, whose observers are part of its content. */
  readonly isReport: boolean;
  /** Told of each date that is none and was emptied. */
  readonly onInvalidDate: () => void;
}

const PATIENT_AGE = tagOf('PatientAge');
const VERIFYING_OBSERVER_SEQUENCE = tagOf('VerifyingObserverSequence');
/** Sequences whose row says D and whose items have rows of their own: the profile applies inside (PS3.15 §E.3.4, §E.3.3). */
const CONTENT: ReadonlySet<Tag> = new Set(
  ['ContentSequence', 'GraphicAnnotationSequence', 'WaveformAnnotationSequence'].map(tagOf),
);
/** VRs whose values are replaced consistently, so that no dummy is needed. */
const BY_RULE = new Set(['UI', 'DA', 'DT', 'TM']);
/** Ages above are one class (HIPAA safe harbour, 45 CFR 164.514(b)(2)(i)(C)). */
const OLDEST_YEARS = 90;

/** Groups 0000–0007 have no place in a data set that travels: commands, file meta information, directories. */
const FIRST_GROUP = 0x0008;

function texts(element: VisitedElement): string[] {
  return element
    .value()
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .split('\\');
}

function replaceText(values: readonly string[]): Edit {
  return { replace: Buffer.from(values.join('\\'), 'latin1') };
}

function remap(element: VisitedElement, { outUid }: RuleContext): Edit {
  if (element.length === 0) return 'keep';
  return replaceText(uidText(element.value()).split('\\').map(outUid));
}

function shift(element: VisitedElement, { shiftDays, onInvalidDate }: RuleContext): Edit {
  if (element.length === 0) return 'keep';
  const shiftOne = element.vr === 'DA' ? shiftDate : shiftDateTime;
  const shifted = texts(element).map((value) => (value.trim() === '' ? '' : shiftOne(value.trim(), shiftDays)));
  if (shifted.every((value) => value !== undefined)) return replaceText(shifted);
  onInvalidDate();
  return 'empty';
}

function capAge(element: VisitedElement): Edit {
  const years = /^(\d{3})Y$/.exec(texts(element)[0] ?? '')?.[1];
  return years !== undefined && Number(years) > OLDEST_YEARS ? replaceText([`0${OLDEST_YEARS}Y`]) : 'keep';
}

/** What happens inside sequences that name somebody or something by codes: nothing that is text stays. */
function dummyInside(context: RuleContext): (element: VisitedElement) => Edit {
  const visit = (element: VisitedElement): Edit => {
    if (isPrivateTag(element.tag) || element.vr === 'UN') return 'remove';
    if (element.vr === 'SQ') return 'recurse';
    if (BY_RULE.has(element.vr)) return ruleFor(element, context);
    return element.length === 0 ? 'keep' : { replace: dummyFor(element.vr) };
  };
  return visit;
}

function keep(element: VisitedElement, context: RuleContext): Edit {
  if (element.vr === 'SQ') return 'recurse';
  if (element.tag === PATIENT_AGE) return capAge(element);
  return context.hasTrace(element.value(), element.vr) ? { replace: dummyFor(element.vr) } : 'keep';
}

function clean(element: VisitedElement, context: RuleContext): Edit {
  if (element.vr === 'DA' || element.vr === 'DT') return shift(element, context);
  if (element.vr === 'TM') return 'keep';
  return apply(basicActionOf(element.tag) ?? 'remove', element, context);
}

function dummy(element: VisitedElement, context: RuleContext): Edit {
  if (element.vr === 'SQ') {
    if (element.tag === VERIFYING_OBSERVER_SEQUENCE && !context.isReport) return 'remove';
    return CONTENT.has(element.tag) ? 'recurse' : { recurse: dummyInside(context) };
  }
  if (element.vr === 'UI') return remap(element, context);
  return element.length === 0 ? 'keep' : { replace: dummyFor(element.vr) };
}

function apply(action: Action, element: VisitedElement, context: RuleContext): Edit {
  switch (action) {
    case 'remove':
      return 'remove';
    case 'empty':
      return 'empty';
    case 'keep':
      return keep(element, context);
    case 'clean':
      return clean(element, context);
    case 'dummy':
      return dummy(element, context);
    case 'remap':
      return element.vr === 'SQ' ? 'recurse' : remap(element, context);
  }
}

/** Attributes without a row go by their VR (PS3.15 §E.1.1 suggests it for dates; names, titles and UIDs are as telling). */
function byVr(element: VisitedElement, context: RuleContext): Edit {
  const { dates } = context.options;
  switch (element.vr) {
    case 'PN':
    case 'AE':
      return 'empty';
    case 'UI':
      return namesKind(element.tag) ? 'keep' : remap(element, context);
    case 'DA':
    case 'DT':
      if (dates === 'shift') return shift(element, context);
      return dates === 'keep' ? 'keep' : 'empty';
    case 'TM':
      return dates === 'remove' ? 'empty' : 'keep';
    default:
      return keep(element, context);
  }
}

/** What becomes of an element: private and unknown ones go, the table's row decides, else the VR. */
export function ruleFor(element: VisitedElement, context: RuleContext): Edit {
  const { tag } = element;
  if (isPrivateTag(tag) || groupOf(tag) < FIRST_GROUP || element.vr === 'UN') return 'remove';
  const action = actionOf(tag, context.options);
  if (action !== undefined) return apply(action, element, context);
  return keywordOf(tag) === undefined ? 'remove' : byVr(element, context);
}
