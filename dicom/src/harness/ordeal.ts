import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import {
  type Edit,
  type EditedFile,
  Part10Error,
  type VisitedElement,
  type WalkedToken,
  editFile,
  encodeFileMeta,
  readFileMeta,
  walkFile,
  walkStream,
} from '../part10/index.ts';
import { Random } from './random.ts';

/** How a file came out of its ordeal. */
export type Outcome = 'edited' | NonNullable<Part10Error['reason']>;

const wholeOf = (original: Buffer, { header, bulk, trailer }: EditedFile): Buffer =>
  Buffer.concat([header, bulk === null ? Buffer.alloc(0) : original.subarray(bulk.start, bulk.end), trailer]);

/** Part10Errors as their reason; any other error is a fault and passes. */
async function reasonOr<T>(work: () => Promise<T>): Promise<T | Part10Error['reason']> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Part10Error) return error.reason;
    throw error;
  }
}

async function tokensOf(walk: AsyncIterable<WalkedToken>): Promise<WalkedToken[]> {
  const tokens: WalkedToken[] = [];
  for await (const token of walk) if (token.kind !== 'filler') tokens.push(token);
  return tokens;
}

function* chunksOf(bytes: Buffer, random: Random): Generator<Buffer> {
  const most = random.pick([1, 7, 64, 4096, 100_000]);
  // Single bytes only as long as that takes no time.
  const least = Math.ceil(bytes.length / 20_000);
  for (let at = 0; at < bytes.length;) {
    const length = Math.max(least, 1 + random.below(most));
    yield bytes.subarray(at, (at += length));
  }
}

function editBy(random: Random): (element: VisitedElement) => Edit {
  return (element) => {
    assert.match(element.path, /\([0-9A-F]{4},[0-9A-F]{4}\)$/);
    const roll = random.next();
    if (roll < 0.1) return 'remove';
    if (roll < 0.2) return 'empty';
    if (roll < 0.3 && element.vr !== 'SQ' && element.length < 1_000_000)
      return { replace: Buffer.concat([element.value(), Buffer.from('more')]) };
    if (roll < 0.35) element.list.text(element.tag);
    if (roll < 0.4)
      return { recurse: editBy(random), insert: [{ tag: 0x00104000, vr: 'LT', value: Buffer.from('put in') }] };
    return roll < 0.45 ? 'keep' : 'recurse';
  };
}

/**
 * Puts a file through everything that reads files and checks what must hold of any bytes: nothing but Part10Error is thrown, an edit of
 * nothing is the identity, a stream in any pieces is read as the file is, and what an edit makes can be read again.
 * @param path - where the file may be written
 * @throws AssertionError, or whatever a fault throws
 */
export async function ordeal(bytes: Buffer, path: string, seed: number): Promise<Outcome> {
  const random = new Random(seed);
  writeFileSync(path, bytes);
  const walked = await reasonOr(() => tokensOf(walkFile(path)));
  const streamed = await reasonOr(() => tokensOf(walkStream(asAsync(chunksOf(bytes, random)))));
  if (typeof walked === 'string') assert.equal(typeof streamed, 'string');
  else assert.deepEqual(streamed, walked);

  const same = await reasonOr(() => editFile(path, { visit: () => 'recurse' }));
  if (typeof same === 'string') return same;
  assert.notEqual(typeof walked, 'string');
  const { dataSetOffset, meta } = await readFileMeta(path);
  assert.equal(same.isChanged, false);
  assert.ok(wholeOf(bytes, same).equals(bytes.subarray(dataSetOffset)));

  const edited = await reasonOr(() =>
    editFile(path, () => ({
      visit: editBy(random),
      insert: [{ tag: 0x00100010, vr: 'PN', value: Buffer.from('A^B') }],
    })),
  );
  if (typeof edited === 'string') return edited;
  const original = readFileSync(path);
  writeFileSync(path, Buffer.concat([encodeFileMeta(meta), wholeOf(original, edited)]));
  await tokensOf(walkFile(path));
  return 'edited';
}

async function* asAsync<T>(values: Iterable<T>): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value);
}
