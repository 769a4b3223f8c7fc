/** Code lengths of the difference categories 0 to 16: short codes for small differences, a prefix code without a code of ones only. */
const CATEGORY_LENGTHS = [3, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14] as const;

interface Code {
  readonly bits: number;
  readonly length: number;
}

/** Canonical Huffman codes (ITU-T T.81 Annex C) in the order of the categories. */
const CODES: readonly Code[] = (() => {
  const codes: Code[] = [];
  let bits = 0;
  let previous = 0;
  for (const length of CATEGORY_LENGTHS) {
    if (previous) bits = (bits + 1) << (length - previous);
    codes.push({ bits, length });
    previous = length;
  }
  return codes;
})();

class BitWriter {
  #bytes: Buffer;
  #length = 0;
  #pending = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#bytes = Buffer.alloc(capacity);
  }

  write(bits: number, length: number): void {
    for (let left = length; left > 0;) {
      const taken = Math.min(left, 8 - this.#count);
      left -= taken;
      this.#pending = (this.#pending << taken) | ((bits >> left) & ((1 << taken) - 1));
      this.#count += taken;
      if (this.#count === 8) this.#flush();
    }
  }

  #flush(): void {
    if (this.#length + 2 > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#length)]);
    this.#bytes[this.#length++] = this.#pending;
    // Byte stuffing, ITU-T T.81 §F.1.2.3.
    if (this.#pending === 0xff) this.#bytes[this.#length++] = 0;
    this.#pending = 0;
    this.#count = 0;
  }

  end(): Buffer {
    if (this.#count) this.write((1 << (8 - this.#count)) - 1, 8 - this.#count);
    return this.#bytes.subarray(0, this.#length);
  }
}

function marker(code: number, ...content: number[]): Buffer {
  const segment = Buffer.alloc(4 + content.length);
  segment.writeUInt16BE(0xff00 | code, 0);
  segment.writeUInt16BE(content.length + 2, 2);
  segment.set(content, 4);
  return segment;
}

/**
 * JPEG Lossless, Process 14, Selection Value 1 (ITU-T T.81 Annex H) of one grey frame, padded to an even length.
 *
 * @param values unsigned, below 2^precision, row by row
 */
export function encodeJpegLossless(
  values: ArrayLike<number>,
  columns: number,
  rows: number,
  precision: number,
): Buffer {
  const counts = Array.from({ length: 16 }, (_, index) => CATEGORY_LENGTHS.filter((l) => l === index + 1).length);
  const head = Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    marker(0xc3, precision, rows >> 8, rows & 255, columns >> 8, columns & 255, 1, 1, 0x11, 0),
    marker(0xc4, 0, ...counts, ...CATEGORY_LENGTHS.keys()),
    marker(0xda, 1, 1, 0, 1, 0, 0),
  ]);
  const writer = new BitWriter(values.length * 2);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const above = row === 0 ? 1 << (precision - 1) : (values[at - columns] ?? 0);
      const predicted = column === 0 ? above : (values[at - 1] ?? 0);
      writeDifference(writer, (values[at] ?? 0) - predicted);
    }
  }
  const scan = writer.end();
  const end = (head.length + scan.length) % 2 ? [0xff, 0xd9, 0] : [0xff, 0xd9];
  return Buffer.concat([head, scan, Buffer.from(end)]);
}

function writeDifference(writer: BitWriter, difference: number): void {
  const category = 32 - Math.clz32(Math.abs(difference));
  const code = CODES[category];
  if (!code) throw new RangeError('the difference of two samples has more than 16 bits');
  writer.write(code.bits, code.length);
  if (category < 16) writer.write(difference < 0 ? difference + (1 << category) - 1 : difference, category);
}
