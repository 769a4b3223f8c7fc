import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, temporaryFolder } from '@viaduct/testing';
import { expect, test } from 'vitest';
import { walkFile } from '@viaduct/dicom/part10';
import { dumpJson } from './dumpJson.ts';
import { dumpLines } from './dumpText.ts';
import { viaduct } from './harness/viaduct.ts';

const SAMPLES = fileURLToPath(new URL('../../testing/dicom/', import.meta.url));
const sample = (name: string) => path.join(SAMPLES, name);
const index = JSON.parse(readFileSync(sample('index.json'), 'utf8')) as { files: { file: string }[] };
/** Files that are broken beyond reading; dicom/src/testFiles.ts says how. */
const BROKEN = /^broken\/|^rt\/rtstruct|DICOMDIR-nooffset/;
const READABLE = index.files.map(({ file }) => file).filter((file) => !BROKEN.test(file));

test('a file is shown with tags, VRs, values and keywords, nested and private elements too', async () => {
  const { code, stdout } = await viaduct('dump', sample('ct/CT_small.dcm'));
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^\(0002,0010\) UI =ExplicitVRLittleEndian \[1\.2\.840\.10008\.1\.2\.1\] +# 20 TransferSyntaxUID$/m,
  );
  expect(stdout).toMatch(/^\(0010,0010\) PN \[CompressedSamples\^CT1\] +# 22 PatientName$/m);
  expect(stdout).toMatch(/^ {2}\(fffe,e000\) item 1\n {4}\(0010,0020\) LO \[ABCD1234\] +# 8 PatientID$/m);
  expect(stdout).toMatch(/^\(0009,1001\) LO \[GE_GENESIS_FF\] +# 14 Private$/m);
  expect(stdout).toMatch(/^\(7fe0,0010\) OW [0-9a-f\\]+… +# 32768 PixelData$/m);
});

test.for([
  ['chrJapMulti.dcm', { Alphabetic: 'やまだ^たろう' }],
  ['chrKoreanMulti.dcm', { Alphabetic: '김희중' }],
  ['chrRuss.dcm', { Alphabetic: 'Люкceмбypг' }],
  ['chrX2.dcm', { Alphabetic: 'Wang^XiaoDong', Ideographic: '王^小东' }],
] as const)('text of %s is shown in Unicode', async ([name, patientName]) => {
  const { stdout } = await viaduct('dump', sample(`charset/${name}`), '--json');
  const { '00100010': patient } = JSON.parse(stdout) as Record<string, { Value: unknown[] }>;
  expect(patient?.Value[0]).toEqual(patientName);
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

test('every readable file can be shown as text and as JSON', async () => {
  for (const file of READABLE) {
    const lines = await all(dumpLines(walkFile(sample(file)), { full: false }));
    expect(lines.join('').match(/\p{Cc}/u), file).toBeNull();
    const json = await all(dumpJson(walkFile(sample(file)), sample(file)));
    const dataSet = JSON.parse(json.join('')) as object;
    const top = lines.filter((text) => /^\(.{4},(?!0000)/.test(text));
    expect(Object.keys(dataSet).length, file).toBe(top.length);
  }
});

interface Element {
  vr: string;
  Value?: unknown[];
  InlineBinary?: string;
}

test.for(['ct/CT_small.dcm', 'sr/reportsi.dcm', 'rt/rtplan.dcm', 'mr/MR_small_bigendian.dcm', 'mr/emri_small.dcm'])(
  'the JSON of %s says what that of DCMTK says',
  async (file) => {
    const ours = JSON.parse((await viaduct('dump', sample(file), '--json')).stdout) as Record<string, Element>;
    const { stdout } = await run('dcm2json', [sample(file)]);
    const theirs = JSON.parse(stdout) as Record<string, Element>;
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
    for (const [tag, element] of Object.entries(theirs)) {
      if (['00080005', '7FE00010'].includes(tag)) continue;
      expect(comparable(ours[tag]), tag).toEqual(comparable(element));
    }
  },
);

/** DCMTK 3.6.7 writes numbers of DS and IS as they stand in the file. */
function comparable(element: unknown): unknown {
  if (Array.isArray(element)) return element.map(comparable);
  if (typeof element === 'string') return element.trim();
  if (typeof element === 'number') return Math.fround(element);
  if (typeof element !== 'object' || element === null) return element;
  return Object.fromEntries(Object.entries(element).map(([key, value]) => [key, comparable(value)]));
}

test('half a file is shown up to its break and is a failure, as are an empty file and a text', async () => {
  await using folder = await temporaryFolder();
  const bytes = await readFile(sample('ct/CT_small.dcm'));
  const [half, empty, text] = ['half', 'empty', 'text'].map((name) => path.join(folder.path, name));
  await writeFile(half ?? '', bytes.subarray(0, bytes.length / 2));
  await writeFile(empty ?? '', '');
  await writeFile(text ?? '', 'no DICOM '.repeat(100));
  for (const [file, sentence, before] of [
    [half, /ends in the middle of an element/, /PatientID\n/],
    [empty, /is no DICOM file/, /^$/],
    [text, /is no DICOM file/, /^$/],
  ] as const) {
    const { code, stderr, stdout } = await viaduct('dump', file ?? '');
    expect(stdout).toMatch(before);
    expect(stderr).toMatch(sentence);
    expect(code).toBe(1);
  }
});

test('control characters in values do not reach the terminal', async () => {
  await using folder = await temporaryFolder();
  const bytes = Buffer.from(await readFile(sample('ct/CT_small.dcm')));
  const at = bytes.indexOf('CompressedSamples');
  bytes.write('\x07\x9b2J', at, 'latin1');
  const file = path.join(folder.path, 'escape.dcm');
  await writeFile(file, bytes);
  const { stdout } = await viaduct('dump', file);
  expect(stdout).toContain('[..2J');
  expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
});
