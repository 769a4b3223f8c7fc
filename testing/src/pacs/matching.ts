/** VRs whose values may be asked for as a range (PS3.4 §C.2.2.2.5). */
const RANGE_VRS = new Set(['DA', 'TM', 'DT']);
/** VRs whose values are compared as numbers. */
const NUMBER_VRS = new Set(['IS', 'DS', 'US', 'UL', 'SS', 'SL']);

/**
 * Attribute matching (PS3.4 §C.2.2.2): single value, list of UIDs or values, universal, wildcard, range.
 *
 * @param keys values asked for; none matches everything
 * @param values values that are there; any of them may match
 */
export function matches(keys: readonly string[], values: readonly string[], vr: string): boolean {
  if (keys.length === 0 || keys.every((key) => key === '' || key === '*')) return true;
  return keys.some((key) => values.some((value) => matchesOne(key, value, vr)));
}

function matchesOne(key: string, value: string, vr: string): boolean {
  if (vr === 'UI') return key === value;
  if (RANGE_VRS.has(vr)) return inRange(key, value, vr);
  if (NUMBER_VRS.has(vr)) return Number(key) === Number(value);
  if (vr !== 'PN') return wildcard(key, '').test(value);
  const pattern = wildcard(withoutTrailingDelimiters(key), 'i');
  const groups = value.split('=').map(withoutTrailingDelimiters);
  return [withoutTrailingDelimiters(value), ...groups].some((candidate) => pattern.test(candidate.normalize('NFC')));
}

function withoutTrailingDelimiters(name: string): string {
  return name.replace(/[\^= ]+$/, '');
}

/** `*` stands for any characters, `?` for one (PS3.4 §C.2.2.2.4). */
function wildcard(key: string, flags: 'i' | ''): RegExp {
  const escaped = key.normalize('NFC').replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, `su${flags}`);
}

/** `a-b`, `a-`, `-b` or `a`; bounds count whole: `2026` means the whole year in a DT, `09` the whole hour in a TM. */
function inRange(key: string, value: string, vr: string): boolean {
  const [from = '', until = from] = key.split('-');
  const digits = (text: string) => text.replace(/[:.]/g, '').trim();
  const length = vr === 'DA' ? 8 : vr === 'TM' ? 12 : 20;
  const actual = digits(value).padEnd(length, '0');
  const low = digits(from).padEnd(length, '0');
  const high = digits(until).padEnd(length, '9');
  return digits(value) !== '' && (from === '' || actual >= low) && (until === '' || actual <= high);
}
