import { multiByteEncoder, singleByteEncoder } from './charsetTables.ts';
import { Part10Error } from './errors.ts';
import { isMultiValued, usesCharacterSet } from './valueRepresentations.ts';

/** One coded character set of PS3.3 §C.12.1.1.2: how its bytes become text and which escape sequence calls it. */
interface CharacterSet {
  /** Label of the WHATWG encoding that decodes it. */
  readonly label: string;
  /** Escape sequence with code extensions (PS3.3 table C.12-3), after ESC. */
  readonly escape?: string;
  /** Two bytes each with the high bit clear (JIS X 0208 and 0212 in G0); decoded as EUC-JP with this prefix. */
  readonly sevenBitPairs?: readonly number[];
  /** Two bytes per character (in G1), designated anew in each line, value and name component. */
  readonly pairs?: boolean;
}

const LATIN = (label: string, escape: string): CharacterSet => ({ label, escape });
const SINGLE: Readonly<Record<string, CharacterSet>> = {
  '100': LATIN('latin1', '-A'),
  '101': LATIN('iso-8859-2', '-B'),
  '109': LATIN('iso-8859-3', '-C'),
  '110': LATIN('iso-8859-4', '-D'),
  '144': LATIN('iso-8859-5', '-L'),
  '127': LATIN('iso-8859-6', '-G'),
  '126': LATIN('iso-8859-7', '-F'),
  '138': LATIN('iso-8859-8', '-H'),
  '148': LATIN('windows-1254', '-M'),
  '203': LATIN('iso-8859-15', '-b'),
  '166': LATIN('windows-874', '-T'),
  '13': LATIN('shift_jis', ')I'),
  '87': { label: 'euc-jp', escape: '$B', sevenBitPairs: [] },
  '159': { label: 'euc-jp', escape: '$(D', sevenBitPairs: [0x8f] },
  '149': { label: 'euc-kr', escape: '$)C', pairs: true },
  '58': { label: 'gb18030', escape: '$)A', pairs: true },
};
const ASCII: CharacterSet = { label: 'latin1', escape: '(B' };
const ESC = 0x1b;
/** Romaji of JIS X 0201: ASCII but for two characters. */
const ROMAJI_ESCAPE = '(J';

/** Defined terms that replace the whole encoding; none of them may be combined (PS3.3 table C.12-5). */
const WHOLE: Readonly<Record<string, string>> = { 'ISO_IR 192': 'utf-8', GB18030: 'gb18030', GBK: 'gb18030' };

function characterSetOf(term: string): CharacterSet {
  const number = /^ISO(?:_| 2022 )IR (\d+)$/.exec(term.trim())?.[1];
  return (number === undefined ? undefined : SINGLE[number]) ?? ASCII;
}

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();
function decodeBytes(bytes: Uint8Array, label: string): string {
  if (label === 'latin1') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const decoder = decoders.get(label) ?? new TextDecoder(label, { ignoreBOM: true });
  decoders.set(label, decoder);
  return decoder.decode(bytes);
}

const byEscape = new Map<string, CharacterSet>([ASCII, ...Object.values(SINGLE)].map((set) => [set.escape ?? '', set]));
byEscape.set(ROMAJI_ESCAPE, ASCII);

/** Where a value, a line or a component of a name ends, the first character set holds again (PS3.5 §6.1.2.5.3). */
function isReset(byte: number, vr: string): boolean {
  if (byte === 0x0a || byte === 0x0c || byte === 0x0d || byte === 0x09) return true;
  if (byte === 0x5c) return isMultiValued(vr);
  return vr === 'PN' && (byte === 0x5e || byte === 0x3d);
}

/** The sets in G0 (bytes below 0x80) and G1 (above). A set that an escape sequence calls goes where the standard puts it. */
interface Registers {
  g0: CharacterSet;
  g1: CharacterSet;
}

function call(registers: Registers, escape: string): void {
  const set = byEscape.get(escape);
  if (set === undefined) return;
  if (escape.startsWith('(') || set.sevenBitPairs !== undefined) registers.g0 = set;
  else registers.g1 = set;
}

/** Length of the escape sequence behind ESC: intermediate bytes 0x20–0x2F, then one final byte (ISO/IEC 2022). */
function escapeLength(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && (bytes[end] ?? 0) >= 0x20 && (bytes[end] ?? 0) <= 0x2f) end += 1;
  return end - at + 1;
}

function decodePairs(bytes: Uint8Array, set: CharacterSet): string {
  const prefix = set.sevenBitPairs ?? [];
  const euc: number[] = [];
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    euc.push(...prefix, (bytes[at] ?? 0) | 0x80, (bytes[at + 1] ?? 0) | 0x80);
  }
  return decodeBytes(Uint8Array.from(euc), set.label);
}

function decodeExtended(bytes: Uint8Array, first: CharacterSet, vr: string): string {
  const registers: Registers = { g0: ASCII, g1: first };
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at] ?? 0;
    if (byte === ESC) {
      const length = escapeLength(bytes, at + 1);
      call(registers, Buffer.from(bytes.subarray(at + 1, at + 1 + length)).toString('latin1'));
      at += 1 + length;
      continue;
    }
    const start = at;
    if (registers.g0.sevenBitPairs !== undefined && byte > 0x20 && byte < 0x7f) {
      while (at < bytes.length && (bytes[at] ?? 0) > 0x20 && (bytes[at] ?? 0) < 0x7f) at += 2;
      text += decodePairs(bytes.subarray(start, at), registers.g0);
      continue;
    }
    if (byte >= 0x80) {
      while (at < bytes.length && (bytes[at] ?? 0) >= 0x80) at += 1;
      text += decodeBytes(bytes.subarray(start, at), registers.g1.label);
      continue;
    }
    text += String.fromCharCode(byte);
    at += 1;
    if (isReset(byte, vr)) Object.assign(registers, { g0: ASCII, g1: first });
  }
  return text;
}

/**
 * Text of a value's bytes, padding and delimiters included. Bytes that the character set lacks become U+FFFD.
 * @param specificCharacterSet values of (0008,0005) of the data set or item; none means ASCII, where Latin-1 is read leniently
 * @param vr decides whether the character set applies at all (PS3.5 §6.1.2.2) and what resets code extensions
 */
export function decodeText(bytes: Uint8Array, specificCharacterSet: readonly string[], vr: string): string {
  if (!usesCharacterSet(vr)) return decodeBytes(bytes, 'latin1');
  const term = (specificCharacterSet[0] ?? '').trim();
  const whole = WHOLE[term];
  if (whole !== undefined) return decodeBytes(bytes, whole);
  const first = characterSetOf(term);
  if (!bytes.includes(ESC) && first.sevenBitPairs === undefined && !first.pairs) return decodeBytes(bytes, first.label);
  return decodeExtended(bytes, first, vr);
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

function encodeCharacter(character: string, set: CharacterSet): readonly number[] | undefined {
  if (set === ASCII) return undefined;
  if (set.sevenBitPairs !== undefined) {
    const euc = multiByteEncoder(set.label, set.sevenBitPairs).get(character);
    return euc?.slice(set.sevenBitPairs.length).map((byte) => byte & 0x7f);
  }
  return set.pairs ? multiByteEncoder(set.label, []).get(character) : singleByteEncoder(set.label).get(character);
}

/** Encodes with code extensions: escape sequences before the first character of another set, ASCII again before each delimiter. */
function encodeExtended(text: string, sets: readonly CharacterSet[], vr: string): Buffer | undefined {
  const bytes: number[] = [];
  const first = sets[0] ?? ASCII;
  let g0 = ASCII;
  let g1 = first;
  const escape = (set: CharacterSet): void => void bytes.push(ESC, ...Buffer.from(set.escape ?? '', 'latin1'));
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) {
      if (g0 !== ASCII) escape((g0 = ASCII));
      bytes.push(code);
      if (isReset(code, vr)) g1 = first;
      continue;
    }
    const set = sets.find((candidate) => encodeCharacter(character, candidate) !== undefined);
    if (set === undefined) return undefined;
    if (set.sevenBitPairs !== undefined && g0 !== set) escape((g0 = set));
    if (set.sevenBitPairs === undefined && g1 !== set) escape((g1 = set));
    bytes.push(...(encodeCharacter(character, set) ?? []));
  }
  if (g0 !== ASCII) escape(ASCII);
  return Buffer.from(bytes);
}

/** Codes of GB18030 beyond the Basic Multilingual Plane follow from the code point: four bytes, in steps of 10, 126 and 10. */
function supplementaryGb18030(code: number): readonly number[] {
  const linear = code - 0x10000;
  return [
    0x90 + Math.floor(linear / 12_600),
    0x30 + (Math.floor(linear / 1260) % 10),
    0x81 + (Math.floor(linear / 10) % 126),
    0x30 + (linear % 10),
  ];
}

/** @param most - bytes of the longest code: 2 in GBK, 4 in GB18030 */
function encodeGb(text: string, most: 2 | 4): Buffer | undefined {
  const table = multiByteEncoder('gb18030', 'all');
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const encoded = code < 0x80 ? [code] : code > 0xffff ? supplementaryGb18030(code) : table.get(character);
    if (encoded === undefined || encoded.length > most) return undefined;
    bytes.push(...encoded);
  }
  return Buffer.from(bytes);
}

/**
 * Bytes of a text, unpadded.
 * @throws Part10Error `text-not-encodable` when the character set lacks a character
 */
export function encodeText(text: string, specificCharacterSet: readonly string[], vr: string): Buffer {
  if (isAscii(text)) return Buffer.from(text, 'latin1');
  const term = (specificCharacterSet[0] ?? '').trim();
  const encoded = usesCharacterSet(vr) ? encodeIn(text, term, specificCharacterSet, vr) : undefined;
  if (encoded === undefined) throw new Part10Error('text-not-encodable');
  return encoded;
}

function encodeIn(text: string, term: string, terms: readonly string[], vr: string): Buffer | undefined {
  const whole = WHOLE[term];
  if (whole === 'utf-8') return Buffer.from(text, 'utf8');
  if (whole !== undefined) return encodeGb(text, term === 'GBK' ? 2 : 4);
  const sets = terms.map(characterSetOf).filter((set) => set !== ASCII);
  return encodeExtended(text, characterSetOf(term) === ASCII ? [ASCII, ...sets] : sets, vr);
}
