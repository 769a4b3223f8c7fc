import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tagOf } from '@viaduct/dicom/dictionary';
import {
  EXPLICIT_VR_LITTLE_ENDIAN,
  editFile,
  encodeDataSet,
  encodeFileMeta,
  textElement,
  uint16Element,
} from '@viaduct/dicom/part10';
import { afterAll, expect, test } from 'vitest';
import { type PixelRisk, pixelRisks } from './risk.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-risk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STORAGE = '1.2.840.10008.5.1.4.1.1.';
const SPECTROSCOPY = `${STORAGE}4.2`;
const CT = { SOPClassUID: `${STORAGE}2`, Modality: 'CT', ImageType: 'ORIGINAL\\PRIMARY\\AXIAL' };

let made = 0;
async function risksOf(attributes: Readonly<Record<string, string>>, samples: number): Promise<readonly PixelRisk[]> {
  const path = join(folder, `${(made += 1)}.dcm`);
  const texts = Object.entries(attributes).map(([keyword, value]) => textElement(tagOf(keyword), value));
  const pixels = { tag: tagOf('PixelData'), vr: 'OB', value: Buffer.alloc(4) };
  const elements = [...texts, uint16Element(tagOf('SamplesPerPixel'), samples), pixels];
  const meta = { sopClassUID: '', sopInstanceUID: '', transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN };
  writeFileSync(path, Buffer.concat([encodeFileMeta(meta), encodeDataSet(elements, EXPLICIT_VR_LITTLE_ENDIAN)]));
  let risks: readonly PixelRisk[] = [];
  await editFile(path, (facts) => {
    risks = pixelRisks(facts);
    return { visit: () => 'keep' };
  });
  return risks;
}

test.each<[string, Readonly<Record<string, string>>, number, readonly PixelRisk[]]>([
  ['an original of a scanner', CT, 1, []],
  ['one of a kind that has no pictures', { SOPClassUID: SPECTROSCOPY, Modality: 'MR' }, 1, []],
  ['one that says so', { ...CT, BurnedInAnnotation: 'YES' }, 1, ['burned-in-annotation']],
  ['a colour picture of a scanner', CT, 3, ['capture']],
  ['one made from others', { ...CT, ImageType: 'DERIVED\\SECONDARY\\MPR' }, 1, ['image-type']],
  ['a photograph without a modality', { SOPClassUID: `${STORAGE}77.1.4` }, 3, ['sop-class']],
  ['an angiography of another modality', { ...CT, SOPClassUID: `${STORAGE}12.1.1` }, 1, ['sop-class']],
  ['one of a class that only its vendor knows', { ...CT, SOPClassUID: '1.3.12.2.1107.5.9.1' }, 1, ['sop-class']],
  ['a slide', { SOPClassUID: `${STORAGE}77.1.6`, Modality: 'SM', SpecimenLabelInImage: 'NO' }, 3, []],
  ['a slide with its label', { Modality: 'SM', SpecimenLabelInImage: 'YES' }, 3, ['burned-in-annotation']],
  ['the label of a slide', { Modality: 'SM', ImageType: 'ORIGINAL\\PRIMARY\\LABEL\\NONE' }, 3, ['image-type']],
  ['a dose', { SOPClassUID: `${STORAGE}481.2`, ImageType: 'DERIVED\\SECONDARY\\DOSE' }, 1, []],
  [
    'a segmentation that says so',
    { SOPClassUID: `${STORAGE}66.4`, BurnedInAnnotation: 'YES' },
    1,
    ['burned-in-annotation'],
  ],
])('%s is as risky as it is', async (_, attributes, samples, expected) => {
  expect(await risksOf(attributes, samples)).toEqual(expected);
});
