import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { vrOf } from '../dictionary/index.ts';
import { READABLE, TEST_FILES, UNREADABLE, testFile } from '../testFiles.ts';
import {
  type EditedFile,
  type Editor,
  Part10Error,
  decodeDataSet,
  editFile,
  editedBytes,
  encodeDataSet,
  encodeFileMeta,
  isDeflated,
  readAttributes,
  readFileMeta,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-part10-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function dataSetOf(path: string, edited: EditedFile): Buffer {
  const original = readFileSync(path);
  const bulk = edited.bulk === null ? Buffer.alloc(0) : original.subarray(edited.bulk.start, edited.bulk.end);
  return Buffer.concat([edited.header, bulk, edited.trailer]);
}

async function originalDataSet(path: string): Promise<Buffer> {
  return readFileSync(path).subarray((await readFileMeta(path)).dataSetOffset);
}

function write(name: string, edited: EditedFile, dataSet: Buffer): string {
  const path = join(folder, name.replaceAll('/', '-'));
  writeFileSync(path, Buffer.concat([encodeFileMeta(edited.meta), dataSet]));
  return path;
}

/** The elements of each file as DCMTK prints them, without its file meta. */
function dumps(paths: readonly string[]): string[][] {
  const options = ['-q', '-dc', '+L', '--print-filename'];
  const output = execFileSync('dcmdump', [...options, ...paths], { encoding: 'latin1', maxBuffer: 1 << 28 });
  const isElement = (line: string): boolean => /^ *\([0-9a-f]{4},/.test(line) && !/^ *\(0002,/.test(line);
  return output
    .split(/^# dcmdump \(\d+\/\d+\): .*$/m)
    .slice(1)
    .map((text) => text.split('\n').filter(isElement));
}

describe('every test file', () => {
  test('is listed', () => expect(TEST_FILES).toHaveLength(179));

  test.each(READABLE)('%s comes through a walk byte-identical', async (name) => {
    const edited = await editFile(testFile(name), { visit: () => 'recurse' });
    expect(edited.isChanged).toBe(false);
    expect(dataSetOf(testFile(name), edited).equals(await originalDataSet(testFile(name)))).toBe(true);
  });

  test.each(READABLE)('%s differs by exactly the element that is put in', async (name) => {
    const path = testFile(name);
    const { meta } = await readFileMeta(path);
    const tag = 0x7fdf1000;
    const edited = await editFile(path, {
      visit: () => 'recurse',
      insert: [{ tag, vr: 'LO', value: Buffer.from('put in') }],
    });
    const back = await editFile(write(`${name}.in`, edited, dataSetOf(path, edited)), {
      visit: (element) => (element.tag === tag ? 'remove' : 'recurse'),
    });
    const result = dataSetOf(join(folder, `${name}.in`.replaceAll('/', '-')), back);
    const original = await originalDataSet(path);
    if (!isDeflated(meta.transferSyntaxUID)) {
      expect(edited.isChanged && result.equals(original)).toBe(true);
    } else {
      expect(decodeDataSet(result, meta.transferSyntaxUID)).toEqual(decodeDataSet(original, meta.transferSyntaxUID));
    }
  });

  test.each(Object.entries(UNREADABLE))('%s is refused as %s', async (name, reason) => {
    const failure = await editFile(testFile(name), { visit: () => 'recurse' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Part10Error);
    expect(failure).toMatchObject({ reason });
  });

  // In priv_SQ DCMTK does not see the items of the private sequence, so it cannot see what was removed from them.
  const comparable = (name: string): boolean => !/^(fileset\/DICOMDIR|broken\/|private\/priv_SQ)/.test(name);
  test('DCMTK sees all but the names that were removed at every depth', async () => {
    const names = READABLE.filter(comparable);
    const without: string[] = [];
    for (const name of names) {
      const edited = await editFile(testFile(name), {
        visit: (element) => (element.vr === 'PN' ? 'remove' : 'recurse'),
      });
      without.push(write(name, edited, dataSetOf(testFile(name), edited)));
    }
    const isCounted = (line: string): boolean => !/^ *\([0-9a-f]{4},(0000|e000|e00d|e0dd)\)/.test(line);
    const content = (line: string): string =>
      line
        .replace(/#.*/, '')
        .replace(/explicit length|#=\d+/g, '')
        .trim();
    const isName = (line: string): boolean =>
      vrOf(Number.parseInt(line.trim().slice(1, 10).replace(',', ''), 16)) === 'PN' || / PN /.test(line.slice(0, 40));
    const [before, after] = [dumps(names.map(testFile)), dumps(without)];
    for (const [index, name] of names.entries()) {
      const expected = before[index]?.filter((line) => isCounted(line) && !isName(line)).map(content);
      expect(after[index]?.filter(isCounted).map(content), name).toEqual(expected);
    }
  });
});

describe('an edit', () => {
  const replaceAll =
    (tag: number, replace: Buffer): Editor['visit'] =>
    (element) =>
      element.tag === tag ? { replace } : 'recurse';

  test('deep in private sequences changes the lengths of its ancestors only', async () => {
    const path = testFile('private/nested_priv_SQ.dcm');
    const deepest: string[] = [];
    const edited = await editFile(path, {
      visit: ({ depth, path: place, vr }) => {
        if (vr === 'SQ' || depth < 2) return 'recurse';
        deepest.push(place);
        return { replace: Buffer.from('longer than it was') };
      },
    });
    expect(deepest[0]).toMatch(/^\(0001,0001\)\[0\]\.\(0001,0001\)\[0\]\./);
    const written = write('nested.dcm', edited, dataSetOf(path, edited));
    const again = await editFile(written, { visit: () => 'recurse' });
    const data = decodeDataSet(again.header, again.transferSyntaxUID);
    const inner = data.get(0x00010001)?.items?.[0]?.get(0x00010001)?.items?.[0];
    expect([...(inner?.values() ?? [])].map(({ value }) => value.toString())).toContain('longer than it was');
  });

  test('of a UID in a report keeps the style of every sequence', async () => {
    const target = testFile('sr/sr_document.dcm');
    const edited = await editFile(target, { visit: replaceAll(0x00081155, Buffer.from('1.2.3')) });
    const [lines = [], before = []] = dumps([write('report.dcm', edited, dataSetOf(target, edited)), target]);
    const style = (line: string): string | undefined => /(undefined|explicit) length/.exec(line)?.[1];
    expect(lines.map(style)).toEqual(before.map(style));
  });

  test('removes the group length of the group it changed and no other', async () => {
    const header = (tag: number, vr: string, value: Buffer) => ({ tag, vr, value });
    const path = join(folder, 'group-lengths.dcm');
    const length = Buffer.alloc(4);
    const bytes = encodeDataSet(
      [
        header(0x00080000, 'UL', length),
        header(0x00080001, 'UL', length),
        header(0x00080060, 'CS', Buffer.from('CT')),
        header(0x00100000, 'UL', length),
        header(0x00100010, 'PN', Buffer.from('A^B')),
      ],
      '1.2.840.10008.1.2.1',
    );
    const meta = { sopClassUID: '1.2', sopInstanceUID: '1.3', transferSyntaxUID: '1.2.840.10008.1.2.1' };
    writeFileSync(path, Buffer.concat([encodeFileMeta(meta), bytes]));
    const edited = await editFile(path, { visit: replaceAll(0x00100010, Buffer.from('C^DD')) });
    const tags = [...decodeDataSet(edited.header, meta.transferSyntaxUID).keys()];
    expect(tags).toEqual([0x00080000, 0x00080060, 0x00100010]);
  });

  test.each(['private/UN_sequence.dcm', 'private/priv_SQ.dcm', 'broken/bad_sequence.dcm'])(
    'sees the items that %s wrote as UN',
    async (name) => {
      let deepest = 0;
      await editFile(testFile(name), {
        visit: ({ depth }) => {
          deepest = Math.max(deepest, depth);
          return 'recurse';
        },
      });
      expect(deepest).toBeGreaterThan(0);
    },
  );

  /** A file of a gigabyte that takes no room on the disk: `head`, whose last four bytes are made the length of what follows, and zeros. */
  async function writeHuge(name: string, head: Buffer): Promise<string> {
    const path = join(folder, name);
    head.writeUInt32LE(0x40000000, head.length - 4);
    await using file = await open(path, 'w');
    await file.write(head);
    await file.truncate(head.length + 0x40000000);
    return path;
  }
  async function grownBy(work: () => Promise<unknown>): Promise<number> {
    const before = process.memoryUsage.rss();
    await work();
    return process.memoryUsage.rss() - before;
  }
  const small = 16 * 1024 * 1024;

  test('does not read a gigabyte of pixel data', async () => {
    const source = readFileSync(testFile('ct/CT_small.dcm'));
    const { bulk } = await editFile(testFile('ct/CT_small.dcm'), { visit: () => 'keep' });
    if (bulk === null) throw new Error('expected pixel data');
    const path = await writeHuge('large.dcm', Buffer.from(source.subarray(0, bulk.start + 12)));
    const grown = await grownBy(async () => {
      const edited = await editFile(path, { visit: (element) => (element.vr === 'PN' ? 'empty' : 'recurse') });
      expect(edited.bulk).toEqual({ start: bulk.start, end: bulk.start + 12 + 0x40000000 });
    });
    expect(grown).toBeLessThan(small);
  });

  const meta = { sopClassUID: '1.2', sopInstanceUID: '1.3', transferSyntaxUID: '1.2.840.10008.1.2.1' };
  const name = Buffer.from('10001000504e0400', 'hex');
  const beginning = Buffer.concat([encodeFileMeta(meta), name, Buffer.from('A^B ')]);

  test('does not read a gigabyte of a document that stays', async () => {
    const path = await writeHuge(
      'document.dcm',
      Buffer.concat([beginning, Buffer.from('420011004f42000000000000', 'hex')]),
    );
    const grown = await grownBy(async () => {
      const edited = await editFile(path, { visit: ({ vr }) => (vr === 'PN' ? 'empty' : 'recurse') });
      expect(edited.bulk).toEqual({ start: beginning.length, end: beginning.length + 12 + 0x40000000 });
      expect(edited.header).toEqual(Buffer.from('10001000504e0000', 'hex'));
    });
    expect(grown).toBeLessThan(small);
  });

  test('does not read a gigabyte of private data that goes', async () => {
    const path = await writeHuge(
      'private.dcm',
      Buffer.concat([beginning, Buffer.from('e17f10104f42000000000000', 'hex')]),
    );
    const grown = await grownBy(async () => {
      const edited = await editFile(path, { visit: ({ tag }) => (tag === 0x7fe11010 ? 'remove' : 'recurse') });
      expect(edited).toMatchObject({ header: beginning.subarray(-12), bulk: null, isChanged: true });
    });
    expect(grown).toBeLessThan(small);
  });

  test('refuses to hold a gigabyte that an editor asks for', async () => {
    const path = join(folder, 'document.dcm');
    const asked = editFile(path, { visit: (element) => (element.vr === 'OB' ? { replace: element.value() } : 'keep') });
    await expect(asked).rejects.toMatchObject({ reason: 'too-large' });
  });

  test('is read back in order: header, bulk region, trailer', async () => {
    const path = testFile('broken/MR_small_padded.dcm');
    const edited = await editFile(path, { visit: (element) => (element.vr === 'PN' ? 'empty' : 'recurse') });
    const chunks: Buffer[] = [];
    for await (const chunk of editedBytes(path, edited)) chunks.push(Buffer.from(chunk));
    expect(edited.trailer.length).toBeGreaterThan(0);
    expect(Buffer.concat(chunks).equals(dataSetOf(path, edited))).toBe(true);
  });

  test('hears of an abort', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(editFile(testFile('ct/CT_small.dcm'), { visit: () => 'keep' }, { signal })).rejects.toThrow('enough');
  });

  test('of a missing file says unreadable', async () => {
    const failure = editFile(join(folder, 'absent.dcm'), { visit: () => 'keep' });
    await expect(failure).rejects.toMatchObject({ reason: 'unreadable', facts: { code: 'ENOENT' } });
  });
});

test('attributes of a big-endian file are read in little endian', async () => {
  const elements = await readAttributes(testFile('us/ExplVR_BigEnd.dcm'), [0x00280010, 0x00100010]);
  const little = await readAttributes(testFile('mr/MR_small.dcm'), [0x00280010]);
  const big = await readAttributes(testFile('mr/MR_small_bigendian.dcm'), [0x00280010]);
  expect(elements.get(0x00280010)?.value.readUInt16LE()).toBeGreaterThan(0);
  expect(big.get(0x00280010)?.value).toEqual(little.get(0x00280010)?.value);
});
