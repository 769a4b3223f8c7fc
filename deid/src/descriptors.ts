import type { Identity } from './identity.ts';
import { SAFE_SHAPES, VOCABULARY } from './vocabulary.ts';

/** What a profile adds to the words that may stay in descriptions. */
export interface DescriptorTerms {
  /** Further safe words; case does not matter. */
  readonly terms: readonly string[];
  /** Regular expressions for further safe words, tried on the whole word in lower case. */
  readonly patterns: readonly string[];
}

/** A text with the words left out that nobody vouches for. */
export interface CleanedText {
  /** What is left; empty when nothing is. */
  readonly text: string;
  /** The words that were left out: they may tell who somebody is. */
  readonly dropped: readonly string[];
}

/** Cleans descriptions for one profile. */
export type TextCleaner = (text: string, identity: Identity) => CleanedText;

/** What may stand between two words that stay; where a word went, a space is put. */
const SEPARATOR = /^[ _+\-/().,:&*]+$/;
const WORD = /[\p{L}\p{M}\p{N}%]+(?:[.,]\d+[\p{L}%]*)*/gu;

/** Makes the cleaner of PS3.15 §E.3.5 by a list of what may stay: everything else is dropped. */
export function textCleaner({ terms, patterns }: DescriptorTerms): TextCleaner {
  const own = new Set(terms.map((term) => term.toLowerCase()));
  const shapes = [...SAFE_SHAPES, ...patterns.map((pattern) => new RegExp(`^(?:${pattern})$`, 'u'))];
  const isSafe = (word: string): boolean => {
    const lower = word.toLowerCase();
    return VOCABULARY.has(lower) || own.has(lower) || shapes.some((shape) => shape.test(lower));
  };
  return (text, identity) => {
    const dropped: string[] = [];
    let kept = '';
    let keptEnd = -1;
    for (const match of text.matchAll(WORD)) {
      const [word] = match;
      if (!isSafe(word) || identity.hasWord(word)) {
        dropped.push(word);
        continue;
      }
      const between = text.slice(Math.max(keptEnd, 0), match.index);
      kept += kept === '' ? word : `${SEPARATOR.test(between) ? between : ' '}${word}`;
      keptEnd = match.index + word.length;
    }
    if (dropped.length === 0) return { text, dropped };
    // A number alone describes nothing.
    return { text: /\p{L}/u.test(kept) ? kept : '', dropped };
  };
}

/** Signs that a text which nobody cleans names somebody: titles, mail, telephone and record numbers, dates, components of names. */
const SUSPICIOUS =
  /\b(?:dr|prof|mr|mrs|ms|miss|herr|frau|patient|pat|name|geb|born|dob|mrn)\b[.:]?\s+\p{L}|[\w.]+@[\w.]+|\+?\d[\d ()/-]{8,}\d|\b\d{3}-\d{2}-\d{4}\b|\b(?:19|20)\d{6}\b|\b\d{1,2}[./]\d{1,2}[./](?:19|20)?\d{2}\b|\p{L}\^/iu;

/** Whether a text that would stay as it is looks as if it named somebody. */
export function isSuspicious(text: string): boolean {
  return SUSPICIOUS.test(text);
}
