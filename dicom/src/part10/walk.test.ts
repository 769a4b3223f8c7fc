import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fixtures } from '../harness/fixtures.ts';
import { READABLE, testFile } from '../testFiles.ts';
import {
  Part10Error,
  type WalkedToken,
  decodeDataSet,
  readFileMeta,
  transferSyntaxOf,
  walkFile,
  walkStream,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-walk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function all(walk: AsyncIterable<WalkedToken>): Promise<WalkedToken[]> {
  const tokens: WalkedToken[] = [];
  for await (const token of walk) if (token.kind !== 'filler') tokens.push(token);
  return tokens;
}

async function* pieces(...chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

test.each(fixtures().filter(({ bytes }) => bytes.length < 4000))(
  '$name is read alike wherever its stream is cut',
  async ({ bytes }) => {
    const path = join(folder, 'cut.dcm');
    writeFileSync(path, bytes);
    const whole = await all(walkFile(path));
    for (let at = 1; at < bytes.length; at += 3) {
      expect(await all(walkStream(pieces(bytes.subarray(0, at), bytes.subarray(at))))).toEqual(whole);
    }
  },
);

test.each(READABLE)('%s is walked from its first byte to its last, without a gap', async (file) => {
  const { meta, dataSetOffset, fileSize } = await readFileMeta(testFile(file));
  const { deflated } = transferSyntaxOf(meta.transferSyntaxUID);
  let end = deflated ? 0 : dataSetOffset;
  for await (const token of walkFile(testFile(file), { maxValueBytes: 0 })) {
    if (token.kind === 'meta') continue;
    const start = 'header' in token ? token.header.start : 'start' in token ? token.start : token.valueEnd;
    expect(start).toBe(end);
    if (token.kind === 'open') end = token.header.valueStart;
    else end = token.kind === 'item' ? token.valueStart : token.end;
  }
  if (!deflated) expect(end).toBe(fileSize);
});

test('a value comes with its bytes up to the wanted length, and passes by above it', async () => {
  const path = testFile('ct/CT_small.dcm');
  const values = new Map<number, number | undefined>();
  for await (const token of walkFile(path, { maxValueBytes: 1000 })) {
    if (token.kind === 'value') values.set(token.header.tag, token.value?.length);
  }
  expect(values.get(0x00280010)).toBe(2);
  expect(values.has(0x7fe00010)).toBe(true);
  expect(values.get(0x7fe00010)).toBeUndefined();
});

test('a deflated file is walked as what it was deflated from', async () => {
  const { meta, dataSetOffset } = await readFileMeta(testFile('ts/image_dfl.dcm'));
  const bytes = readFileSync(testFile('ts/image_dfl.dcm')).subarray(dataSetOffset);
  const tags = new Set<number>();
  for await (const token of walkFile(testFile('ts/image_dfl.dcm'))) {
    if (token.kind === 'value' && token.depth === 0) tags.add(token.header.tag);
  }
  expect([...tags]).toEqual([...decodeDataSet(bytes, meta.transferSyntaxUID).keys()]);
});

test('a stream of half a gigabyte leaves nothing behind in memory', async () => {
  const head = Buffer.from('08001600554902003100' + 'e07f10004f420000', 'hex');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(512 * 1024 * 1024);
  const chunk = Buffer.alloc(256 * 1024);
  async function* stream(): AsyncGenerator<Buffer> {
    yield Buffer.concat([head, length]);
    for (let sent = 0; sent < 2048; sent += 1) yield await Promise.resolve(chunk);
  }
  const before = process.memoryUsage.rss();
  const tokens = await all(walkStream(stream(), { transferSyntaxUID: '1.2.840.10008.1.2.1' }));
  expect(tokens.map(({ kind }) => kind)).toEqual(['value', 'value']);
  expect(process.memoryUsage.rss() - before).toBeLessThan(32 * 1024 * 1024);
});

test('a walk that is left early ends its stream', async () => {
  let isEnded = false;
  async function* stream(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield await Promise.resolve(fixtures()[0]?.bytes ?? Buffer.alloc(0));
    } finally {
      isEnded = true;
    }
  }
  for await (const token of walkStream(stream())) if (token.kind === 'value') break;
  expect(isEnded).toBe(true);
});

test('a stream that ends inside an element is truncated', async () => {
  const bytes = readFileSync(testFile('ct/CT_small.dcm'));
  const failure = await all(walkStream(pieces(bytes.subarray(0, bytes.length - 100)))).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Part10Error);
  expect(failure).toMatchObject({ reason: 'truncated' });
});

test('a stream that breaks says why', async () => {
  async function* stream(): AsyncGenerator<Buffer> {
    yield await Promise.resolve((fixtures()[0]?.bytes ?? Buffer.alloc(0)).subarray(0, 400));
    throw new Error('connection lost');
  }
  await expect(all(walkStream(stream()))).rejects.toThrow('connection lost');
});
