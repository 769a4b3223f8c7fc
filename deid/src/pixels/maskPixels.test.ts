import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import { tagOf } from '@viaduct/dicom/dictionary';
import { type DataSet, decodeDataSet, editFile, encodeFileMeta, readFileMeta } from '@viaduct/dicom/part10';
import { afterAll, describe, expect, test } from 'vitest';
import { type Profile, type Rectangle, builtInProfile, createPseudonymizer, maskPixels, pictureOf } from '../index.ts';
import { type PixelFormat, frameBytes } from './format.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-mask-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const testFile = (name: string): string => fileURLToPath(new URL(`../../../testing/dicom/${name}`, import.meta.url));
const BAR: Rectangle = { x: 0, y: 0, width: 10_000, height: 25 };

function masking(...rectangles: readonly Rectangle[]): Profile {
  const masks = rectangles.length === 0 ? [] : [{ device: {}, rectangles }];
  return { ...builtInProfile('research'), pixels: { atRisk: 'mask', masks } };
}

interface Image {
  readonly dataSet: DataSet;
  readonly pixels: Buffer;
}

async function read(path: string): Promise<Image> {
  const { meta, dataSetOffset } = await readFileMeta(path);
  const dataSet = decodeDataSet(readFileSync(path).subarray(dataSetOffset), meta.transferSyntaxUID);
  return { dataSet, pixels: dataSet.get(tagOf('PixelData'))?.value ?? Buffer.alloc(0) };
}

interface Masked extends Image {
  readonly path: string;
  readonly format: PixelFormat;
  readonly rectangles: readonly Rectangle[];
}

async function masked(name: string, profile: Profile): Promise<Masked> {
  const path = testFile(name);
  const settings = { projectKey: Buffer.alloc(32, 7), profile, pseudonym: 'P-001', patientId: '4711' };
  const { meta, header, bulk, trailer, report } = await editFile(path, createPseudonymizer(settings).editor);
  if (report?.pixels.do !== 'mask' || bulk === null) throw new Error('not to be masked');
  const file = readFileSync(path);
  const pieces: Buffer[] = [];
  const bytes = (start: number, end: number): Promise<Buffer> => Promise.resolve(file.subarray(start, end));
  for await (const piece of maskPixels(bytes, bulk, meta.transferSyntaxUID, report.pixels)) pieces.push(piece);
  const out = join(folder, name.replaceAll('/', '-'));
  const { transferSyntaxUID, format, rectangles } = report.pixels;
  writeFileSync(out, Buffer.concat([encodeFileMeta({ ...meta, transferSyntaxUID }), header, ...pieces, trailer]));
  const image = await read(out);
  const photometricInterpretation =
    image.dataSet.get(tagOf('PhotometricInterpretation'))?.value.toString().trim() ?? '';
  return { ...image, path: out, format: { ...format, photometricInterpretation }, rectangles };
}

/** The same image without compression, by DCMTK. */
async function decoded(name: string): Promise<Image> {
  const out = join(folder, `decoded-${name.replaceAll('/', '-')}`);
  for (const tool of ['dcmdjpeg', 'dcmdjpls', 'dcmdrle']) {
    try {
      execFileSync(tool, [testFile(name), out], { stdio: 'ignore' });
      return await read(out);
    } catch {
      continue;
    }
  }
  throw new Error('no tool decodes it');
}

const isInside = (rectangles: readonly Rectangle[], x: number, y: number): boolean =>
  rectangles.some((each) => x >= each.x && x < each.x + each.width && y >= each.y && y < each.y + each.height);

/** Pixels that differ from the original outside the rectangles, and pixels inside that are not black; samples side by side. */
function wrongPixels({ pixels, format, rectangles }: Masked, original: Buffer): number {
  const { rows, columns, frames } = format;
  const bytes = frameBytes(format) / (rows * columns);
  let wrong = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    for (let y = 0; y < rows; y += 1) {
      for (let x = 0; x < columns; x += 1) {
        const at = ((frame * rows + y) * columns + x) * bytes;
        const pixel = pixels.subarray(at, at + bytes);
        const isRight = isInside(rectangles, x, y)
          ? pixel.every((byte) => byte === 0)
          : pixel.equals(original.subarray(at, at + bytes));
        if (!isRight) wrong += 1;
      }
    }
  }
  return wrong;
}

describe('masked pixels are black inside and untouched outside', () => {
  test.each(['us/GREYSCALE_IMAGE.dcm'])('of uncompressed %s', async (name) => {
    const image = await masked(name, masking(BAR));
    expect(wrongPixels(image, (await read(testFile(name))).pixels)).toBe(0);
  });

  test.each([
    'us/JPGLosslessP14SV1_1s_1f_8b.dcm',
    'us/OBXXXX1A_rle_2frame.dcm',
    'ts/SC_rgb_rle_2frame.dcm',
    'ts/SC_rgb_jpeg_dcmtk.dcm',
    'ts/JPEGLSNearLossless_16.dcm',
    'nm/JPEG-LL.dcm',
    'generated/sc_burned_in_text.dcm',
  ])('of compressed %s, in every frame', async (name) => {
    const image = await masked(name, masking({ x: 3, y: 2, width: 30, height: 11 }));
    expect(wrongPixels(image, (await decoded(name)).pixels)).toBe(0);
  });

  test('of thirty frames in JPEG', async () => {
    const name = 'us/examples_ybr_color.dcm';
    const image = await masked(name, masking({ x: 0, y: 0, width: 100, height: 20 }));
    const { pixels } = await decoded(name);
    expect(image.format.frames).toBe(30);
    expect(image.pixels.length).toBe(pixels.length);
    const { columns } = image.format;
    const frame = frameBytes(image.format);
    for (let at = 0; at < pixels.length; at += frame) {
      expect(image.pixels.subarray(at, at + 300).every((byte) => byte === 0)).toBe(true);
      const rest = 20 * columns * 3;
      expect(image.pixels.subarray(at + rest, at + frame).equals(pixels.subarray(at + rest, at + frame))).toBe(true);
    }
  });

  test.each(['ts/HTJ2KLossless_08_RGB.dcm', 'nm/JPEG2000.dcm'])('of %s', async (name) => {
    const { pixels, format } = await masked(name, masking({ x: 0, y: 0, width: 10_000, height: 4 }));
    const black = 4 * format.columns * format.samplesPerPixel * (format.bitsAllocated / 8);
    expect(pixels.subarray(0, black).every((byte) => byte === 0)).toBe(true);
    expect(pixels.subarray(black).every((byte) => byte === 0)).toBe(false);
    expect(pixels.length).toBe(frameBytes(format) * format.frames);
  });
});

test.each(['us/GREYSCALE_IMAGE.dcm', 'us/JPGLosslessP14SV1_1s_1f_8b.dcm', 'ts/SC_rgb_jpeg_dcmtk.dcm'])(
  '%s says that it was masked, and DCMTK reads it',
  async (name) => {
    const { path, dataSet } = await masked(name, masking(BAR));
    execFileSync('dcmdump', ['-q', path], { stdio: 'ignore', maxBuffer: 1 << 28 });
    expect(dataSet.get(tagOf('BurnedInAnnotation'))?.value.toString()).toBe('NO');
    const codes = dataSet.get(tagOf('DeidentificationMethodCodeSequence'))?.items ?? [];
    expect(codes.map((code) => code.get(tagOf('CodeValue'))?.value.toString())).toContain('113101');
  },
);

test('without a rule everything outside the regions that an ultrasound device declares is masked', async () => {
  const image = await masked('us/GREYSCALE_IMAGE.dcm', masking());
  const { columns, samplesPerPixel } = image.format;
  expect(image.pixels.subarray(0, 25 * columns * samplesPerPixel).every((byte) => byte === 0)).toBe(true);
  expect(wrongPixels(image, (await read(testFile('us/GREYSCALE_IMAGE.dcm'))).pixels)).toBe(0);
});

const SETTINGS = { projectKey: Buffer.alloc(32, 7), pseudonym: 'P-001', patientId: '4711' };
const HELD = 'burnedin/burned_in_yes.dcm';

/** What is done with an image under a profile, and once somebody has looked at it. */
async function decided(name: string, profile: Profile, reviewed?: readonly Rectangle[]) {
  const { editor } = createPseudonymizer({ ...SETTINGS, profile });
  const { header, transferSyntaxUID, report } = await editFile(testFile(name), (facts) =>
    editor(facts, undefined, reviewed),
  );
  const dataSet = decodeDataSet(header, transferSyntaxUID);
  return { pixels: report?.pixels, burnedIn: dataSet.get(tagOf('BurnedInAnnotation'))?.value.toString().trim() };
}

test('what no rule and no region tells how to mask is held', async () => {
  expect((await decided(HELD, masking())).pixels?.do).toBe('review');
});

test('a mask for the device counts where images are held, and not where they are left out', async () => {
  const held = masking(BAR);
  const decision = async (atRisk: Profile['pixels']['atRisk']) =>
    (await decided(HELD, { ...held, pixels: { ...held.pixels, atRisk } })).pixels?.do;
  expect(await decision('review')).toBe('mask');
  expect(await decision('exclude')).toBe('exclude');
});

test('what somebody has looked at passes as clean, or masked as drawn', async () => {
  const research = builtInProfile('research');
  expect(await decided(HELD, research, [])).toMatchObject({ pixels: { do: 'pass' }, burnedIn: 'NO' });
  const drawn = { do: 'mask', rectangles: [BAR] };
  expect(await decided(HELD, research, [BAR])).toMatchObject({ pixels: drawn, burnedIn: 'NO' });
});

test('a picture shows every pixel as bright as it is in any frame', async () => {
  const name = 'ts/SC_rgb_rle_2frame.dcm';
  const path = testFile(name);
  const { editor } = createPseudonymizer({ ...SETTINGS, profile: builtInProfile('research') });
  const { bulk, meta, report } = await editFile(path, editor);
  if (bulk === null || report?.format === undefined) throw new Error('no pixels');
  const file = readFileSync(path);
  const bytes = (start: number, end: number): Promise<Buffer> => Promise.resolve(file.subarray(start, end));
  const png = await pictureOf(bytes, bulk, meta.transferSyntaxUID, report.format);
  const { columns, rows } = report.format;
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([columns, rows]);
  const { pixels } = await decoded(name);
  const lines = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  const row = columns * 3;
  // The second frame is the first one inverted: nothing is darker than 128, which is shown as black.
  const shown = (value: number): number => Math.round(((value - 128) * 255) / 127);
  for (let y = 0; y < rows; y += 1) {
    const first = pixels.subarray(y * row, (y + 1) * row);
    const second = pixels.subarray((rows + y) * row, (rows + y + 1) * row);
    const line = lines.subarray(y * (row + 1) + 1, (y + 1) * (row + 1));
    expect(line.equals(first.map((value, at) => shown(Math.max(value, second[at] ?? 0))))).toBe(true);
  }
});
