import { isPrivateTag, mostValuesOf, tagOf } from '@viaduct/dicom/dictionary';
import { type Edit, MAX_HELD_BYTES, type VisitedElement } from '@viaduct/dicom/part10';
import type { RuleContext } from './context.ts';
import { isSuspicious } from './descriptors.ts';
import { numberBytes } from './dummies.ts';
import { NUMBERS } from './registered.ts';
import { VOCABULARY } from './vocabulary.ts';
import { FREE_TEXT, capAge, cleanText, dummy, isAboutEquipment, isWellFormed, remap, textOfElement } from './values.ts';

/** Codes that are longer or have other letters than VR CS allows are free text in the wrong place. */
const CODE = /^[A-Za-z0-9 _./+-]{0,32}$/;
/** Neither letters nor spaces: what words could be hidden between. */
const HIDDEN = /[^\P{C}\t\n\f\r]/u;
const BEYOND_ASCII = /[\u{80}-\u{10ffff}]/u;
/** Systems put texts together that were written in other character sets than they say. */
const OTHER_READINGS = ['latin1', 'utf8'] as const;
/** A term of Specific Character Set, also as people misspell it. */
const CHARACTER_SET = /^(ISO[ _-]?(2022[ _-]?)?IR[ _-]?\d{1,3}|ISO[ _-]?8859[ _-]?\d{0,2}|UTF[ _-]?8|GB18030|GBK)?$/i;
/** Numbers with fewer digits are the same as an identifier by chance. */
const MIN_DIGITS = 6;

const SPACE = 0x20;
const TILDE = 0x7e;
const FRACTIONS = new Set(['FD', 'FL', 'OD', 'OF']);
const MIN_TEXT_BYTES = 8;
const MIN_FRACTION_BYTES = 24;

/** What was found wrong with a value that was to be kept. */
interface Kept {
  readonly edit: Edit;
  /** Added to the rule; empty when the value stays. */
  readonly because: string;
}

const SPECIFIC_CHARACTER_SET = tagOf('SpecificCharacterSet');
const STAYS: Kept = { edit: 'keep', because: '' };

function withoutWords(element: VisitedElement, context: RuleContext, because: string): Kept {
  return { edit: cleanText(element, context) ?? dummy(element), because };
}

function keepText(element: VisitedElement, context: RuleContext): Kept {
  const text = textOfElement(element);
  if (HIDDEN.test(text)) return withoutWords(element, context, 'control characters');
  const readings = [
    text,
    ...(BEYOND_ASCII.test(text) ? OTHER_READINGS.map((encoding) => element.value().toString(encoding)) : []),
  ];
  if (readings.some((each) => context.identity.isIn(each))) return withoutWords(element, context, 'holds identity');
  if (!isAboutEquipment(element.tag) && isSuspicious(text))
    return withoutWords(element, context, 'looks like identity');
  return STAYS;
}

function keepPlain(element: VisitedElement, context: RuleContext): Kept {
  if (!isWellFormed(element)) {
    context.onInvalid({ path: element.path, vr: element.vr });
    return { edit: 'empty', because: 'invalid value' };
  }
  const isNumber = element.vr === 'IS' || element.vr === 'DS';
  const isIdentifier =
    isNumber &&
    element.length >= MIN_DIGITS &&
    textOfElement(element)
      .split('\\')
      .some((value) => context.identity.isWord(value.trim()));
  return isIdentifier ? { edit: dummy(element), because: 'holds identity' } : STAYS;
}

/** Numbers in which every byte is a letter or sign are none; fewer could be so by chance, most of all the bytes of fractions. */
function isTextAmongNumbers({ vr }: VisitedElement, bytes: Buffer): boolean {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0 || bytes[end - 1] === SPACE)) end -= 1;
  if (end < (FRACTIONS.has(vr) ? MIN_FRACTION_BYTES : MIN_TEXT_BYTES)) return false;
  for (let at = 0; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < SPACE || byte > TILDE) return false;
  }
  return true;
}

/** Whether so many bytes can be the attribute's numbers; of bytes, and of private numbers, there may be any number. */
function isOfNumbers({ tag, vr, length }: VisitedElement): boolean {
  const count = length / numberBytes(vr);
  return vr.startsWith('O') || isPrivateTag(tag) || (Number.isInteger(count) && count <= mostValuesOf(tag));
}

/**
 * Numbers and bytes stay unless they are more than there can be, text (which bytes of safe private attributes may be), or a long word of
 * the identity stands among them.
 */
function keepNumbers(element: VisitedElement, context: RuleContext): Kept {
  if (!isOfNumbers(element)) {
    context.onInvalid({ path: element.path, vr: element.vr });
    return { edit: 'empty', because: 'invalid value' };
  }
  if (element.length < MIN_TEXT_BYTES) return STAYS;
  if (element.length > MAX_HELD_BYTES) return { edit: 'remove', because: 'more bytes than anybody looks through' };
  const bytes = element.value();
  const isText = !isPrivateTag(element.tag) && isTextAmongNumbers(element, bytes);
  if (!isText && !context.identity.isInBytes(bytes)) return STAYS;
  context.onInvalid({ path: element.path, vr: element.vr });
  return { edit: 'empty', because: 'text among numbers' };
}

/** Whether a code is a word of the identity and none of the vocabulary's. */
function isName(element: VisitedElement, { identity }: RuleContext): boolean {
  return textOfElement(element)
    .split(/[^\p{L}\p{N}]+/u)
    .some((word) => !VOCABULARY.has(word.toLowerCase()) && identity.isWord(word));
}

/**
 * Keeps a value that an option of the standard retains: as it is, but for what is not what its VR says, and for ages above the limit.
 */
export function retain(element: VisitedElement, context: RuleContext): Kept {
  const { vr } = element;
  return FREE_TEXT.has(vr) || vr === 'CS' || NUMBERS.has(vr) ? STAYS : keep(element, context);
}

/**
 * Keeps a value unless it must not stay: text that holds or looks like an identity loses the words that nobody vouches for, values
 * that are not what their VR says are emptied, ages are capped, sequences are gone through.
 */
export function keep(element: VisitedElement, context: RuleContext): Kept {
  const { vr } = element;
  if (vr === 'SQ') return { edit: 'recurse', because: '' };
  if (element.length === 0) return STAYS;
  if (NUMBERS.has(vr)) return keepNumbers(element, context);
  if (FREE_TEXT.has(vr)) return keepText(element, context);
  switch (vr) {
    case 'CS':
      if (element.tag === SPECIFIC_CHARACTER_SET) {
        const terms = textOfElement(element).split('\\');
        const isKnown = terms.every((term) => CHARACTER_SET.test(term.trim()));
        return isKnown ? STAYS : { edit: 'empty', because: 'invalid value' };
      }
      if (
        !textOfElement(element)
          .split('\\')
          .every((value) => CODE.test(value))
      ) {
        return withoutWords(element, context, 'text in a code');
      }
      return isName(element, context) ? withoutWords(element, context, 'holds identity') : STAYS;
    case 'AS':
      return isWellFormed(element) ? { edit: capAge(element, context), because: '' } : keepPlain(element, context);
    case 'UI':
      return isWellFormed(element) ? STAYS : { edit: remap(element, context), because: 'invalid value' };
    case 'DA':
    case 'DS':
    case 'DT':
    case 'IS':
    case 'TM':
      return keepPlain(element, context);
    case 'UR': {
      const text = textOfElement(element);
      const isTelling = context.identity.isIn(text) || isSuspicious(text);
      return isTelling ? { edit: dummy(element), because: 'holds identity' } : STAYS;
    }
    case 'AE':
    case 'PN':
      return STAYS;
    default:
      // A VR that PS3.5 does not know: nobody can tell what is in it.
      context.onInvalid({ path: element.path, vr });
      return { edit: 'remove', because: 'unknown VR' };
  }
}
