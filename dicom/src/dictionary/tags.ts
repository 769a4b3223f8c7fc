import attributes from './generated/attributes.json' with { type: 'json' };
import maskedAttributes from './generated/maskedAttributes.json' with { type: 'json' };

/** A data element tag as one number: group × 65536 + element (PS3.5 §7.1), so that numeric order is the order in a data set. */
export type Tag = number;

interface Attribute {
  readonly keyword: string;
  /** As registered; a choice is written `US/SS`. */
  readonly vr: string;
  /** As registered: `1`, `2-2n`, `1-n or 1`. */
  readonly vm: string;
}

const byTag = new Map<Tag, Attribute>();
const byKeyword = new Map<string, Tag>();
for (const row of attributes.rows) {
  const [digits = '', keyword = '', vr = '', vm = ''] = row.split('\t');
  const tag = Number.parseInt(digits, 16);
  byTag.set(tag, { keyword, vr, vm });
  if (keyword !== '' && !byKeyword.has(keyword)) byKeyword.set(keyword, tag);
}

/** Repeating groups and elements (PS3.6 §6, `50xx`, `60xx`, `0020,31xx`) as mask and value of the fixed digits. */
const masked = maskedAttributes.rows.map((row) => {
  const [pattern = '', keyword = '', vr = '', vm = ''] = row.split('\t');
  return {
    mask: Number.parseInt(pattern.replace(/[^x]/g, 'f').replace(/x/g, '0'), 16),
    value: Number.parseInt(pattern.replace(/x/g, '0'), 16),
    attribute: { keyword, vr, vm },
  };
});

function attributeOf(tag: Tag): Attribute | undefined {
  const exact = byTag.get(tag);
  if (exact !== undefined || isPrivateTag(tag)) return exact;
  return masked.find(({ mask, value }) => (tag & mask) >>> 0 === value)?.attribute;
}

/** Group number, 0 to 0xFFFF. */
export function groupOf(tag: Tag): number {
  return tag >>> 16;
}

/** Element number, 0 to 0xFFFF. */
export function elementOf(tag: Tag): number {
  return tag & 0xffff;
}

/** Whether the tag is private: its group is odd (PS3.5 §7.8). */
export function isPrivateTag(tag: Tag): boolean {
  return (tag & 0x00010000) !== 0;
}

/** Whether the element reserves a block of private elements for a creator (PS3.5 §7.8.1). */
export function isPrivateCreator(tag: Tag): boolean {
  return isPrivateTag(tag) && elementOf(tag) >= 0x10 && elementOf(tag) <= 0xff;
}

/** The tag of a keyword of PS3.6. Throws RangeError for a word that is none: it is a mistake in the code, never in data. */
export function tagOf(keyword: string): Tag {
  const tag = byKeyword.get(keyword);
  if (tag === undefined) throw new RangeError(`not a keyword of PS3.6: ${keyword}`);
  return tag;
}

/** The keyword of a tag, undefined for private and unregistered ones. */
export function keywordOf(tag: Tag): string | undefined {
  return attributeOf(tag)?.keyword || undefined;
}

/**
 * The VR of a tag by PS3.6 and by the rules for group lengths and private creators; `UN` when nothing is known.
 * Of a registered choice the one that keeps the bytes readable is taken: `OW` for `OB/OW`, `US` for `US/SS`.
 */
export function vrOf(tag: Tag): string {
  const vr = attributeOf(tag)?.vr;
  if (vr === undefined) {
    if (elementOf(tag) === 0) return 'UL';
    return isPrivateCreator(tag) ? 'LO' : 'UN';
  }
  if (vr.length === 2) return vr;
  return vr.includes('OW') && !vr.startsWith('US') ? 'OW' : vr.slice(0, 2);
}

/** Most values that an attribute may have by PS3.6; Infinity where it names no end or does not know the tag. */
export function mostValuesOf(tag: Tag): number {
  const vm = attributeOf(tag)?.vm ?? 'n';
  return vm.includes('n') ? Infinity : Math.max(...vm.split(/\D+/).map(Number));
}

/** `(0010,0020)`, as the standard writes tags. */
export function formatTag(tag: Tag): string {
  const digits = tag.toString(16).toUpperCase().padStart(8, '0');
  return `(${digits.slice(0, 4)},${digits.slice(4)})`;
}
