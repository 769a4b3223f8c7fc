import { keywordOf, tagOf, vrOf } from '../../dictionary/index.ts';
import { decodeDataSet, encodeDataSet, splitText, textElement, uint16Element } from '../../part10/index.ts';
import type { DataElement } from '../../part10/index.ts';
import { characterSetTerms, Part10Error } from '../../part10/index.ts';
import { DimseError } from '../errors.ts';
import type { Answer, Identifier, QueryLevel } from '../types.ts';

const SPECIFIC_CHARACTER_SET = 0x00080005;
const UNICODE = 'ISO_IR 192';
/** VRs whose values are text; other values of an answer are numbers or left out. */
const TEXT = new Set('AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT'.split(' '));

/**
 * The bytes of a query's identifier (PS3.4 §C.4.1.1.3), with the level in it. Text beyond ASCII is written in the character set that
 * the identifier names (`SpecificCharacterSet`), else in Unicode.
 * @throws RangeError for a keyword that PS3.6 does not have; Part10Error for text the character set lacks
 */
export function encodeIdentifier(level: QueryLevel, identifier: Identifier, transferSyntaxUID: string): Buffer {
  const terms = characterSet(identifier);
  const all: Identifier = {
    ...identifier,
    ...(terms.length > 0 ? { SpecificCharacterSet: terms } : {}),
    QueryRetrieveLevel: level,
  };
  const elements = Object.entries(all).map(([keyword, value]) => element(keyword, value, terms));
  return encodeDataSet(
    elements.toSorted((one, other) => one.tag - other.tag),
    transferSyntaxUID,
  );
}

/**
 * An answer's attributes as text by keyword, decoded by its own character set. Sequences, binary values and private elements are left
 * out.
 * @throws DimseError `protocol-violation` when it is no data set
 */
export function decodeAnswer(bytes: Buffer, transferSyntaxUID: string): Answer {
  const answer: Record<string, readonly string[]> = {};
  try {
    const dataSet = decodeDataSet(bytes, transferSyntaxUID);
    const terms = characterSetTerms(dataSet.get(SPECIFIC_CHARACTER_SET)?.value);
    for (const [tag, { vr, value, items, fragments }] of dataSet) {
      const keyword = keywordOf(tag);
      if (keyword === undefined || items !== undefined || fragments !== undefined) continue;
      if (TEXT.has(vr)) answer[keyword] = splitText(value, terms, vr);
      else if (vr === 'US') answer[keyword] = numbers(value);
    }
    return answer;
  } catch (error) {
    if (!(error instanceof Part10Error)) throw error;
    throw new DimseError('protocol-violation', { what: 'answer' });
  }
}

function element(keyword: string, value: string | readonly string[], terms: readonly string[]): DataElement {
  const tag = tagOf(keyword);
  const values = typeof value === 'string' ? [value] : value;
  if (vrOf(tag) !== 'US') return textElement(tag, value, terms);
  return uint16Element(tag, ...values.filter((text) => text !== '').map(Number));
}

function characterSet(identifier: Identifier): readonly string[] {
  const named = identifier['SpecificCharacterSet'];
  if (named !== undefined && named !== '') return typeof named === 'string' ? [named] : named;
  const text = Object.values(identifier).flat().join('');
  return [...text].some((character) => character > '\x7e') ? [UNICODE] : [];
}

function numbers(value: Buffer): string[] {
  return Array.from({ length: value.length >> 1 }, (_, index) => String(value.readUInt16LE(index * 2)));
}
