import type { ModelElement, ModelItem, ModelSyntax } from './model.ts';
import type { Random } from './random.ts';

/** Registered attributes of each VR, such as every dictionary of the last years knows. */
const LEAVES: readonly (readonly [tag: number, vr: string, bytesPerNumber?: number])[] = [
  ...([
    [0x00080005, 'CS'],
    [0x00080016, 'UI'],
    [0x00080020, 'DA'],
    [0x0008002a, 'DT'],
    [0x00080030, 'TM'],
    [0x00080054, 'AE'],
  ] as const),
  ...([
    [0x00080080, 'LO'],
    [0x00080081, 'ST'],
    [0x00080090, 'PN'],
    [0x00080119, 'UC'],
    [0x00081190, 'UR'],
    [0x00100010, 'PN'],
  ] as const),
  ...([
    [0x00101010, 'AS'],
    [0x00101030, 'DS'],
    [0x001021b0, 'LT'],
    [0x0020000d, 'UI'],
    [0x00200010, 'SH'],
    [0x00200013, 'IS'],
  ] as const),
  ...([
    [0x0040a160, 'UT'],
    [0x00420011, 'OB'],
    [0x0040db0d, 'UI'],
  ] as const),
  ...([
    [0x00081163, 'FD', 8],
    [0x00186020, 'SL', 4],
    [0x00189219, 'SS', 2],
    [0x00189449, 'FL', 4],
    [0x00209165, 'AT', 4],
  ] as const),
  ...([
    [0x00280010, 'US', 2],
    [0x00281201, 'OW', 2],
    [0x00660016, 'OF', 4],
    [0x0018106e, 'UL', 4],
    [0x00660040, 'OL', 4],
  ] as const),
];
const SEQUENCES = [0x00081115, 0x00081140, 0x00082112, 0x00321064, 0x00400275, 0x0040a730, 0x00540016];
const GROUPS_WITH_LENGTH = [0x0008, 0x0010, 0x0020];
const PRIVATE_VRS = ['LO', 'PN', 'OB', 'UN', 'SQ', 'UL'];
const MAX_DEPTH = 4;

/** What a data set may hold. */
export interface Shape {
  readonly syntax: ModelSyntax;
  /** Sequences in values of defined length whose VR is not known: UN, or a private element in implicit VR. */
  readonly hiddenSequences: boolean;
}

/** Even number of letters, so that nothing is padded; no backslash, so that every reader shows one value. */
function letters(random: Random, most: number): Buffer {
  return Buffer.from(Array.from({ length: random.below(most / 2) * 2 }, () => 0x41 + random.below(26)));
}

function leaf(random: Random): ModelElement {
  const [tag, vr, size] = random.pick(LEAVES);
  if (size !== undefined) return { tag, vr, value: random.bytes(random.below(4) * size) };
  return { tag, vr, value: vr === 'OB' ? random.bytes(random.below(20) * 2) : letters(random, 40) };
}

function items(random: Random, shape: Shape, depth: number): ModelItem[] {
  return Array.from({ length: random.below(4) }, () => ({
    elements: randomElements(random, shape, depth + 1),
    isUndefined: random.chance(0.5),
  }));
}

function sequence(random: Random, shape: Shape, depth: number, tag: number, vr: string): ModelElement {
  const isHidden = vr === 'UN' || (tag & 0x10000 && shape.syntax === 'implicit');
  const isUndefined = (isHidden && !shape.hiddenSequences) || random.chance(0.5);
  const inner: Shape = vr === 'UN' ? { ...shape, syntax: 'implicit' } : shape;
  const inside = items(random, inner, depth);
  // An empty value that may be a sequence is none, unless it is known to be one.
  if (isHidden && !isUndefined && inside.length === 0) return { tag, vr, value: Buffer.alloc(0) };
  return { tag, vr, items: inside, isUndefined };
}

function privateBlock(random: Random, shape: Shape, depth: number): ModelElement[] {
  const group = random.pick([0x00090000, 0x00290000, 0x7fe10000]);
  const elements: ModelElement[] = [{ tag: group | 0x10, vr: 'LO', value: Buffer.from('MAKER OF THINGS ') }];
  for (let element = 0x1000; element < 0x1000 + random.below(4); element += 1) {
    const vr = random.pick(PRIVATE_VRS);
    if (vr === 'SQ') elements.push(sequence(random, shape, depth, group | element, random.pick(['SQ', 'UN'])));
    else if (vr === 'UL') elements.push({ tag: group | element, vr, value: random.bytes(4) });
    else elements.push({ tag: group | element, vr, value: letters(random, 20) });
  }
  return elements;
}

function encapsulated(random: Random): ModelElement {
  const fragments = Array.from({ length: random.below(4) }, () => random.bytes(random.below(20) * 2));
  return { tag: 0x7fe00010, vr: 'OB', fragments: [Buffer.alloc(random.pick([0, 4])), ...fragments] };
}

function randomElements(random: Random, shape: Shape, depth: number): ModelElement[] {
  const elements = new Map<number, ModelElement>();
  const add = (element: ModelElement): unknown => elements.set(element.tag, element);
  for (let left = random.below(8); left > 0; left -= 1) add(leaf(random));
  if (depth < MAX_DEPTH) {
    for (let left = random.below(3); left > 0; left -= 1) {
      const vr = shape.syntax === 'implicit' || random.chance(0.8) ? 'SQ' : 'UN';
      add(sequence(random, shape, depth, random.pick(SEQUENCES), vr));
    }
  }
  if (random.chance(0.3)) privateBlock(random, shape, depth).forEach(add);
  if (random.chance(0.3)) add({ tag: random.pick(GROUPS_WITH_LENGTH) * 0x10000, vr: 'UL', value: random.bytes(4) });
  if (random.chance(0.2)) {
    const native: ModelElement = { tag: 0x7fe00010, vr: 'OW', value: random.bytes(random.below(20) * 2) };
    add(shape.syntax === 'explicit' && random.chance(0.7) ? encapsulated(random) : native);
  }
  return [...elements.values()].sort((a, b) => a.tag - b.tag);
}

/** A data set that somebody could have written, if not for what it says. The same for the same random numbers. */
export function randomDataSet(random: Random, shape: Shape): ModelElement[] {
  return [{ tag: 0x00080008, vr: 'CS', value: Buffer.from('ORIGINAL') }, ...randomElements(random, shape, 0)].sort(
    (a, b) => a.tag - b.tag,
  );
}
