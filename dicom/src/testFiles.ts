import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Part10Reason } from './part10/index.ts';

const folder = new URL('../../testing/dicom/', import.meta.url);
const index = JSON.parse(readFileSync(new URL('index.json', folder), 'utf8')) as { files: { file: string }[] };

/** Names of all test files, relative to testing/dicom. */
export const TEST_FILES: readonly string[] = index.files.map(({ file }) => file);

/** The files that are broken beyond reading and why; all others must come through byte-identical. */
export const UNREADABLE: Readonly<Record<string, Part10Reason>> = {
  'fileset/DICOMDIR-nooffset': 'truncated',
  'broken/MR_truncated.dcm': 'truncated',
  'broken/emri_small_jpeg_2k_lossless_too_short.dcm': 'truncated',
  'broken/no_meta.dcm': 'not-part10',
  'broken/rtplan_truncated.dcm': 'truncated',
};

/** The files that can be read. */
export const READABLE: readonly string[] = TEST_FILES.filter((file) => !(file in UNREADABLE));

/** Absolute path of a test file. */
export function testFile(name: string): string {
  return fileURLToPath(new URL(name, folder));
}
