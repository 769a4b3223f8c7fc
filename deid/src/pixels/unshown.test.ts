import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tagOf } from '@viaduct/dicom/dictionary';
import {
  type DataElement,
  type DataSet,
  EXPLICIT_VR_LITTLE_ENDIAN,
  dataSetOf,
  decodeDataSet,
  editFile,
  editedBytes,
  encodeDataSet,
  encodeFileMeta,
  readFileMeta,
  sequenceElement,
  textElement,
  uint16Element,
} from '@viaduct/dicom/part10';
import { afterAll, describe, expect, test } from 'vitest';
import { type DeidReport, type Profile, builtInProfile, createPseudonymizer } from '../index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-unshown-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TOKEN = 'QZXWVK';
const PIXEL_DATA = tagOf('PixelData');
const LENIENT: Profile = { ...builtInProfile('research'), pixels: { atRisk: 'pass', masks: [] } };
const text = (keyword: string, value: string): DataElement => textElement(tagOf(keyword), value);
const CT = [
  text('SOPClassUID', '1.2.840.10008.5.1.4.1.1.2'),
  text('StudyInstanceUID', '1.2.3'),
  text('PatientName', 'Miller^Jane'),
  text('Modality', 'CT'),
  ...['Rows', 'Columns'].map((keyword) => uint16Element(tagOf(keyword), 2)),
  uint16Element(tagOf('SamplesPerPixel'), 1),
  uint16Element(tagOf('BitsAllocated'), 16),
];
const pixelData = (value: Buffer, vr = 'OW'): DataElement => ({ tag: PIXEL_DATA, vr, value });
const PICTURE = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]);

interface Outcome {
  readonly dataSet: DataSet;
  readonly bytes: string;
  readonly path: string;
  readonly report: DeidReport | undefined;
}

let made = 0;
async function deidentified(
  elements: readonly DataElement[],
  { transferSyntaxUID = EXPLICIT_VR_LITTLE_ENDIAN, profile = LENIENT } = {},
): Promise<Outcome> {
  const path = join(folder, `${(made += 1)}.dcm`);
  const meta = { sopClassUID: '1.2.840.10008.5.1.4.1.1.2', sopInstanceUID: '1.2.3.4', transferSyntaxUID };
  writeFileSync(path, Buffer.concat([encodeFileMeta(meta), encodeDataSet(elements, transferSyntaxUID)]));
  const settings = { projectKey: Buffer.alloc(32, 7), profile, pseudonym: 'P-001', patientId: '4711' };
  const edited = await editFile(path, createPseudonymizer(settings).editor);
  const chunks: Buffer[] = [];
  for await (const chunk of editedBytes(path, edited)) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  const out = `${path}.out`;
  writeFileSync(out, Buffer.concat([encodeFileMeta(meta), bytes]));
  return {
    dataSet: decodeDataSet(bytes, transferSyntaxUID),
    bytes: bytes.toString('latin1'),
    path: out,
    report: edited.report,
  };
}

describe('of pixels that are not compressed', () => {
  test('what stands behind the last frame becomes zeros', async () => {
    const { dataSet, report } = await deidentified([...CT, pixelData(Buffer.concat([PICTURE, Buffer.from(TOKEN)]))]);
    expect(dataSet.get(PIXEL_DATA)?.value).toEqual(Buffer.concat([PICTURE, Buffer.alloc(TOKEN.length)]));
    expect(report?.overwrittenPlaces).toBe(1);
  });

  test('all becomes zeros in an object that is no picture', async () => {
    const report = [text('SOPClassUID', '1.2.840.10008.5.1.4.1.1.88.11'), ...CT.slice(1, 3), text('Modality', 'SR')];
    const { bytes } = await deidentified([...report, pixelData(Buffer.from(`${TOKEN} was here`), 'OB')]);
    expect(bytes).not.toContain(TOKEN);
  });

  test('a second pixel data element goes, and one of items', async () => {
    const token = Buffer.from(TOKEN);
    const spectroscopy = { tag: tagOf('SpectroscopyData'), vr: 'OF', value: Buffer.from(`${TOKEN}12`) };
    const first = await deidentified([...CT, spectroscopy, pixelData(PICTURE), pixelData(token)]);
    expect(first.bytes).not.toContain(TOKEN);
    expect(first.dataSet.get(PIXEL_DATA)?.value).toEqual(PICTURE);
    const items = sequenceElement(PIXEL_DATA, [dataSetOf(text('ReceiveCoilName', TOKEN))]);
    expect((await deidentified([...CT, items])).bytes).not.toContain(TOKEN);
  });

  test('more than a megabyte behind the last frame is quarantined', async () => {
    const value = Buffer.concat([PICTURE, Buffer.alloc(1024 * 1024, 7), Buffer.alloc(8)]);
    await expect(deidentified([...CT, pixelData(value)])).rejects.toMatchObject({ reason: 'pixels-not-maskable' });
  });
});

const testFile = (name: string): string => fileURLToPath(new URL(`../../../testing/dicom/${name}`, import.meta.url));

/** A file of ours with its fragments as somebody else could have written them. */
async function withFragments(
  name: string,
  change: (table: Buffer, first: Buffer, others: readonly Buffer[]) => readonly Buffer[],
): Promise<Outcome & { readonly before: readonly Buffer[]; readonly after: readonly Buffer[] }> {
  const { meta, dataSetOffset } = await readFileMeta(testFile(name));
  const { transferSyntaxUID } = meta;
  const original = decodeDataSet(readFileSync(testFile(name)).subarray(dataSetOffset), transferSyntaxUID);
  const [table = Buffer.alloc(0), first = Buffer.alloc(0), ...others] = original.get(PIXEL_DATA)?.fragments ?? [];
  const fragments = change(table, first, others);
  const changed = new Map(original).set(PIXEL_DATA, { tag: PIXEL_DATA, vr: 'OB', value: Buffer.alloc(0), fragments });
  const outcome = await deidentified([...changed.values()], { transferSyntaxUID });
  const before = fragments.map((each) => (each.length % 2 === 0 ? each : Buffer.concat([each, Buffer.alloc(1)])));
  return { ...outcome, before, after: outcome.dataSet.get(PIXEL_DATA)?.fragments ?? [] };
}

const segment = (marker: number, content: string): Buffer => {
  const bytes = Buffer.concat([Buffer.from([0xff, marker, 0, 0]), Buffer.from(content, 'latin1')]);
  bytes.writeUInt16BE(content.length + 2, 2);
  return bytes;
};
const behindStart = (frame: Buffer, ...segments: readonly Buffer[]): Buffer =>
  Buffer.concat([frame.subarray(0, 2), ...segments, frame.subarray(2)]);
/** Of the pixels that DCMTK sees in a JPEG file. */
function decodedPixels(path: string): Promise<Buffer | undefined> {
  const out = join(folder, `decoded-${(made += 1)}.dcm`);
  execFileSync('dcmdjpeg', [path, out], { stdio: 'ignore' });
  return readFileMeta(out).then(
    ({ meta, dataSetOffset }) =>
      decodeDataSet(readFileSync(out).subarray(dataSetOffset), meta.transferSyntaxUID).get(PIXEL_DATA)?.value,
  );
}

describe('of JPEG', () => {
  const name = 'ts/SC_rgb_jpeg_dcmtk.dcm';

  test('comments and application data are blanked in place, and the picture is the same', async () => {
    const exif = segment(0xe1, `Exif\0\0 ${TOKEN} `);
    const comment = segment(0xfe, `Patient ${TOKEN}, born 1.2.1960 `);
    const { bytes, path, report, before, after } = await withFragments(name, (table, first, others) => [
      table,
      behindStart(first, exif, comment),
      ...others,
    ]);
    expect(bytes).not.toContain(TOKEN);
    expect(report?.overwrittenPlaces).toBe(2);
    expect(after.map(({ length }) => length)).toEqual(before.map(({ length }) => length));
    expect(await decodedPixels(path)).toEqual(await decodedPixels(testFile(name)));
  });

  test.each(['LEAD Technologies Inc. V1.01\0', 'CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90\n'])(
    'what an encoder says of itself stays: %j',
    async (comment) => {
      const { before, after, report } = await withFragments(name, (table, first, others) => [
        table,
        behindStart(first, segment(0xfe, comment)),
        ...others,
      ]);
      expect(after).toEqual(before);
      expect(report?.overwrittenPlaces).toBe(0);
    },
  );

  test('what stands behind the end of a frame and in the offset table goes', async () => {
    const { bytes, path } = await withFragments(name, (table, first, others) => [
      Buffer.concat([table.length === 0 ? Buffer.alloc(4) : table, Buffer.from(`${TOKEN}__`)]),
      ...[first, ...others].map((frame) => Buffer.concat([frame, Buffer.from(TOKEN)])),
    ]);
    expect(bytes).not.toContain(TOKEN);
    expect(await decodedPixels(path)).toEqual(await decodedPixels(testFile(name)));
  });

  test('a frame that is none is quarantined', async () => {
    const failure = withFragments(name, (table) => [table, Buffer.from(`${TOKEN} is no picture`)]);
    await expect(failure).rejects.toMatchObject({ reason: 'pixels-not-maskable' });
  });
});

test.each([
  ['jpeg in pieces', 'ts/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm', 0xfe, 2],
  ['JPEG-LS in pieces', 'ts/CT1_UNC.fragmented_bot_jpeg_ls.80.dcm', 0xfe, 2],
])('a comment in %s goes although it is in two fragments', async (_, name, marker, at) => {
  const { bytes } = await withFragments(name, (table, first, others) => {
    const [head, tail] = [segment(marker, `for ${TOKEN} `), 6];
    const whole = Buffer.concat([first.subarray(0, at), head, first.subarray(at)]);
    return [table, whole.subarray(0, at + tail + 2), whole.subarray(at + tail + 2), ...others];
  });
  expect(bytes).not.toContain(TOKEN);
  expect(bytes).not.toContain(TOKEN.slice(3));
});

test('a comment of JPEG 2000 goes, and what its encoder says of itself stays', async () => {
  const name = 'ts/HTJ2K_08_RGB.dcm';
  const comment = segment(0x64, `\0\x01for ${TOKEN} `);
  const behindSize = (frame: Buffer): number => 4 + frame.readUInt16BE(4);
  const changed = await withFragments(name, (table, first, others) => [
    table,
    Buffer.concat([first.subarray(0, behindSize(first)), comment, first.subarray(behindSize(first))]),
    ...others,
  ]);
  expect(changed.bytes).not.toContain(TOKEN);
  expect(changed.report?.overwrittenPlaces).toBe(1);
  const same = await withFragments(name, (table, first, others) => [table, first, ...others]);
  expect(same.after).toEqual(same.before);
});

test.each([
  ['a deflated frame', 'seg/liver_deflate.dcm'],
  ['the runs of RLE', 'us/OBXXXX1A_rle_2frame.dcm'],
])('what stands behind %s goes', async (_, name) => {
  const { bytes, before, after } = await withFragments(name, (table, first, others) => [
    table,
    Buffer.concat([first, Buffer.from(TOKEN)]),
    ...others,
  ]);
  expect(bytes).not.toContain(TOKEN);
  expect(after.slice(2)).toEqual(before.slice(2));
});

describe('is held', () => {
  const profile = builtInProfile('research');

  test('a picture with an overlay in unused bits of its pixels', async () => {
    const position = { tag: 0x60000102, vr: 'US', value: Buffer.from([12, 0]) };
    const { report } = await deidentified([...CT, position, pixelData(PICTURE)], { profile });
    expect(report?.pixels).toEqual({ do: 'review', risks: ['overlay'] });
  });

  test('a compression that nobody here can look into', async () => {
    const fragments = [Buffer.alloc(0), Buffer.from('....')];
    const pixels = { tag: PIXEL_DATA, vr: 'OB', value: Buffer.alloc(0), fragments };
    const { report } = await deidentified([...CT, pixels], { profile, transferSyntaxUID: '1.2.840.10008.1.2.4.110' });
    expect(report?.pixels).toEqual({ do: 'review', risks: ['compression'] });
  });
});
