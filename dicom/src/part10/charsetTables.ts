/** Encoding tables, made when first needed by decoding every code: the platform only decodes legacy character sets. */

type Encoder = ReadonlyMap<string, readonly number[]>;
const encoders = new Map<string, Encoder>();

function remembered(name: string, make: () => Encoder): Encoder {
  const known = encoders.get(name);
  if (known !== undefined) return known;
  const made = make();
  encoders.set(name, made);
  return made;
}

function tableOf(label: string, codes: Iterable<readonly number[]>): Encoder {
  const decoder = new TextDecoder(label, { ignoreBOM: true });
  const table = new Map<string, readonly number[]>();
  for (const code of codes) {
    const character = decoder.decode(Uint8Array.from(code));
    if ([...character].length === 1 && character !== '\ufffd' && !table.has(character)) table.set(character, code);
  }
  return table;
}

function* highBytes(): Generator<readonly number[]> {
  for (let byte = 0xa0; byte <= 0xff; byte += 1) yield [byte];
}

/** Rows and cells of a 94 × 94 set in G1, each code behind `prefix`. */
function* highPairs(prefix: readonly number[]): Generator<readonly number[]> {
  for (let row = 0xa1; row <= 0xfe; row += 1) {
    for (let cell = 0xa1; cell <= 0xfe; cell += 1) yield [...prefix, row, cell];
  }
}

/** Two- and four-byte codes of GB18030 within the Basic Multilingual Plane. */
function* gb18030Codes(): Generator<readonly number[]> {
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) if (trail !== 0x7f) yield [lead, trail];
  }
  for (let lead = 0x81; lead <= 0x84; lead += 1) {
    for (let second = 0x30; second <= 0x39; second += 1) {
      for (let third = 0x81; third <= 0xfe; third += 1) {
        for (let fourth = 0x30; fourth <= 0x39; fourth += 1) yield [lead, second, third, fourth];
      }
    }
  }
}

/** Characters of the upper half of an 8-bit set. */
export function singleByteEncoder(label: string): Encoder {
  if (label !== 'latin1') return remembered(label, () => tableOf(label, highBytes()));
  return remembered(label, () => {
    const entries = Array.from({ length: 0x60 }, (_, at) => [String.fromCharCode(0xa0 + at), [0xa0 + at]] as const);
    return new Map(entries);
  });
}

/** Characters of a 94 × 94 set behind a prefix; `all` for the whole of GB18030 in the Basic Multilingual Plane. */
export function multiByteEncoder(label: string, prefix: readonly number[] | 'all'): Encoder {
  if (prefix === 'all') return remembered(`${label} all`, () => tableOf(label, gb18030Codes()));
  return remembered(`${label} ${prefix.join()}`, () => tableOf(label, highPairs(prefix)));
}
