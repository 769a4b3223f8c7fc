import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { NAMES, fixtures } from '../harness/fixtures.ts';
import { type EditedFile, editFile, readAttributes, readFileMeta, textOf } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-fixtures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function wholeOf(original: Buffer, { header, bulk, trailer }: EditedFile): Buffer {
  const region = bulk === null ? Buffer.alloc(0) : original.subarray(bulk.start, bulk.end);
  return Buffer.concat([header, region, trailer]);
}

describe.each(fixtures())('$name', ({ name, bytes }) => {
  const path = join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.dcm`);
  writeFileSync(path, bytes);

  test('comes through an edit of nothing byte-identical', async () => {
    const { dataSetOffset } = await readFileMeta(path);
    const edited = await editFile(path, { visit: () => 'recurse' });
    expect(edited.isChanged).toBe(false);
    expect(wholeOf(bytes, edited).equals(bytes.subarray(dataSetOffset))).toBe(true);
  });

  test('tells its SOP instance', async () => {
    const { meta } = await readFileMeta(path);
    expect(meta.sopInstanceUID).toBe('1.2.826.0.1.3680043.2.1');
  });
});

test.each(NAMES)('a name in $terms reads $name', async ({ terms, name }) => {
  const path = join(folder, `character-set-${terms}-explicit.dcm`.replaceAll(/[^a-z0-9.]+/gi, '-'));
  expect(textOf(await readAttributes(path, [0x00080005, 0x00100010]), 0x00100010)).toEqual([name]);
});
