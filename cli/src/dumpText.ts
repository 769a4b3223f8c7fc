import { formatTag, keywordOf, registeredUid } from '@viaduct/dicom/dictionary';
import { UNDEFINED_LENGTH, type ElementHeader, type WalkedToken } from '@viaduct/dicom/part10';
import { CharacterSets } from './characterSets.ts';
import { isText, valuesOf } from './values.ts';

/** Longest value that is shown whole, in characters, and as many bytes of a binary one. */
const SHOWN = 64;
const SHOWN_BYTES = 16;

type ValueToken = Extract<WalkedToken, { kind: 'value' }>;

/** Control characters would reach the terminal. */
const printable = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, '.');

function shortened(text: string, full: boolean): string {
  return full || text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}

function hex(value: Buffer, full: boolean): string {
  const shown = full ? value : value.subarray(0, SHOWN_BYTES);
  const text = shown.toString('hex').replace(/..(?=.)/g, '$&\\');
  return shown.length < value.length ? `${text}…` : text;
}

function valueText(token: ValueToken, terms: readonly string[], full: boolean): string {
  const { value, header, isBigEndian } = token;
  if (value === undefined) return `(not shown, at byte ${header.valueStart})`;
  if (value.length === 0) return '(no value)';
  const { vr } = header;
  const values = valuesOf({ vr, value, isBigEndian }, terms);
  if (values === undefined) return hex(value, full);
  const text = shortened(printable(values.join('\\')), full);
  const name = vr === 'UI' && values.length === 1 ? registeredUid(values[0] ?? '')?.keyword : undefined;
  if (name !== undefined) return `=${name} [${text}]`;
  return isText(vr) ? `[${text}]` : text;
}

function row(depth: number, { tag, vr, length }: ElementHeader, value: string): string {
  const left = `${indentation(depth)}${formatTag(tag).toLowerCase()} ${vr} ${value}`;
  const bytes = length === UNDEFINED_LENGTH ? 'u/l' : length;
  return `${left.padEnd(70)} # ${bytes} ${keywordOf(tag) ?? (tag & 0x10000 ? 'Private' : 'Unknown')}`;
}

/** Elements of an item stand two steps in: one for the sequence, one for the item. */
function indentation(depth: number): string {
  return '    '.repeat(depth);
}

/** Lines like those of dcmdump: tag, VR, value, length in bytes (`u/l` where it is undefined), keyword. */
export async function* dumpLines(
  tokens: AsyncIterable<WalkedToken>,
  { full }: { readonly full: boolean },
): AsyncGenerator<string, void, undefined> {
  const characterSets = new CharacterSets();
  /** Items or fragments so far, of each open sequence. */
  const counts: number[] = [];
  for await (const token of tokens) {
    characterSets.follow(token);
    switch (token.kind) {
      case 'value':
        yield row(token.depth, token.header, valueText(token, characterSets.current, full));
        break;
      case 'open':
        yield row(token.depth, token.header, token.content === 'items' ? '(sequence)' : '(fragments)');
        counts.push(0);
        break;
      case 'item':
      case 'fragment': {
        const number = (counts.pop() ?? 0) + 1;
        counts.push(number);
        const where = token.kind === 'fragment' ? `, ${token.end - token.valueStart} bytes at ${token.valueStart}` : '';
        yield `${indentation(counts.length - 1)}  (fffe,e000) ${token.kind} ${number}${where}`;
        break;
      }
      case 'close':
        counts.pop();
        break;
      case 'filler':
        yield `# ${token.end - token.start} bytes of no element at ${token.start}`;
    }
  }
}
