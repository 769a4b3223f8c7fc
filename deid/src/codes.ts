import { type Tag, tagOf } from '@viaduct/dicom/dictionary';
import type { VisitedElement } from '@viaduct/dicom/part10';
import type { Decision, RuleContext } from './context.ts';
import { keep } from './keeping.ts';
import { cleanText, dummy } from './values.ts';

const CODE_MEANING = tagOf('CodeMeaning');
const CODING_SCHEME_DESIGNATOR = tagOf('CodingSchemeDesignator');
const URN_CODE_VALUE = tagOf('URNCodeValue');
const MEANINGS: ReadonlySet<Tag> = new Set([CODE_MEANING, tagOf('ExtendedCodeMeaning')]);
/** Local coding schemes begin with 99 or are called L (PS3.3 §8.2). */
const LOCAL = /^(99|L$)/;

/** Whether the element is the meaning of a code. */
export function isCodeMeaning(tag: Tag): boolean {
  return MEANINGS.has(tag);
}

/**
 * The meaning of a code is as public as its coding scheme: with a local scheme it is whatever somebody typed, without one it is no code
 * at all.
 */
export function decideCodeMeaning(element: VisitedElement, context: RuleContext): Decision {
  const [scheme] = element.list.text(CODING_SCHEME_DESIGNATOR);
  if (scheme === undefined && !element.list.has(URN_CODE_VALUE)) {
    return { edit: dummy(element), rule: 'code without scheme' };
  }
  if (scheme !== undefined && LOCAL.test(scheme)) {
    return { edit: cleanText(element, context) ?? dummy(element), rule: 'code of a local scheme' };
  }
  const { edit, because } = keep(element, context);
  return { edit, rule: `code of a public scheme${because && `, ${because}`}` };
}
