import type { Random } from './random.ts';

/** What makes lengths and tags dangerous. */
const DANGEROUS = [
  'ffffffff feffffff fdffffff ffffff7f 00000080 00000000 01000000 ffff0000 ffff',
  'feff00e0 feff0de0 feffdde0 feff00e0ffffffff feff00e000000000 feff0de000000000 feffdde000000000',
  'fffee000 fffee00d fffee0dd fffee000ffffffff',
  '554e0000 5351000 5351 554e 4f42 5554 4f57 2020 3f3f 0000',
  '08000500 08004011 e07f1000 09001000 09000110 10001000 02001000',
]
  .join(' ')
  .split(' ')
  .map((text) => Buffer.from(text, 'hex'));

/** Most that a mutated file grows to, in bytes. */
const MAX_BYTES = 2 * 1024 * 1024;

type Mutation = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

/** Preamble and file meta information of most files: whoever damages these sees no data set. */
const META_BYTES = 340;

/** A place: mostly in the first kilobytes of the data set, where the structure is. */
function place(bytes: Buffer, random: Random): number {
  if (random.chance(0.1) || bytes.length <= META_BYTES) return random.below(bytes.length);
  return META_BYTES + random.below((random.chance(0.6) ? Math.min(bytes.length, 4096) : bytes.length) - META_BYTES);
}

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    for (let left = 1 + random.below(8); left > 0 && copy.length > 0; left -= 1)
      copy[place(copy, random)] = random.below(256);
    return copy;
  },
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    const at = place(copy, random);
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    return copy;
  },
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    random.pick(DANGEROUS).copy(copy, place(copy, random));
    return copy;
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), random.pick(DANGEROUS), bytes.subarray(at)]);
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([
      bytes.subarray(0, at),
      bytes.subarray(at + 1 + random.below(random.chance(0.5) ? 16 : 4096)),
    ]);
  },
  (bytes, random) => {
    const at = place(bytes, random);
    const piece = bytes.subarray(at, at + random.below(512));
    const times = 1 + random.below(random.chance(0.1) ? 2000 : 4);
    return Buffer.concat([bytes.subarray(0, at), ...Array.from({ length: times }, () => piece), bytes.subarray(at)]);
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(random.below(64)), bytes.subarray(at)]);
  },
  (bytes, random, others) => {
    const other = random.pick(others);
    return Buffer.concat([bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random))]);
  },
];

/** Another file than `bytes`, by one or some mutations; now and then nothing but junk, with or without file meta information. */
export function mutate(bytes: Buffer, random: Random, others: readonly Buffer[]): Buffer {
  if (random.chance(0.03)) {
    return Buffer.concat([bytes.subarray(0, random.pick([0, META_BYTES])), random.bytes(random.below(2000))]);
  }
  let mutated = bytes;
  for (let left = random.chance(0.6) ? 1 : 1 + random.below(4); left > 0; left -= 1) {
    mutated = random.pick(MUTATIONS)(mutated, random, others).subarray(0, MAX_BYTES);
  }
  return mutated;
}
