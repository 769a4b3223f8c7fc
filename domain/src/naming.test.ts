import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanName, instanceFile, seriesFolders, studyFolder } from './naming.ts';

test.each([
  ['Thorax/Abdomen', 'Thorax_Abdomen'],
  ['..', '_'],
  ['', '_'],
  ['. hidden .', 'hidden'],
  ['CON', '_CON'],
  ['nul.txt', '_nul.txt'],
  ['a\u0000b\tc', 'a_b_c'],
  ['Mu\u0308ller', 'Müller'],
  ['T2 *FLAIR*', 'T2 _FLAIR_'],
])('%j is cleaned to %j', (text, expected) => {
  expect(cleanName(text)).toBe(expected);
});

test('a cleaned name is one that every file system takes, and stays as it is when cleaned again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const name = cleanName(text);
      expect(name).not.toBe('');
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(81);
      expect(name).not.toMatch(/[\p{Cc}<>:"/\\|?*]|^[. ]|[. ]$/u);
      expect(cleanName(name)).toBe(name);
    }),
  );
});

test('a study lies where the layout says', () => {
  const place = {
    project: 'Liver trial',
    jobNumber: 7,
    jobDate: '20261121',
    user: 'ada',
    patient: 'P-001',
    studyDate: '20240301',
    studyTime: '0915',
    modalities: ['SR', 'CT', 'CT'],
  };
  expect(studyFolder(place)).toEqual(['Liver trial', '7_20261121_ada', 'P-001', '20240301-091500-CT-SR']);
  expect(studyFolder({ ...place, studyTime: '091501.123', studyInstanceUid: '1.2.840.99' }).at(-1)).toBe(
    '20240301-091501-CT-SR_2-840-99',
  );
  expect(studyFolder({ ...place, studyDate: '', studyTime: '', modalities: [] }).at(-1)).toBe('undated');
  expect(instanceFile('1.2.3')).toBe('1.2.3.dcm');
});

test('series of the same name are told apart, those of other names are not touched', () => {
  const folders = seriesFolders([
    { seriesInstanceUid: '1.2.3.11', seriesNumber: '1', seriesDescription: 'Thorax' },
    { seriesInstanceUid: '1.2.3.12', seriesNumber: '1', seriesDescription: 'THORAX' },
    { seriesInstanceUid: '1.2.3.13', seriesNumber: '2', seriesDescription: '' },
    { seriesInstanceUid: '1.2.3.14', seriesNumber: '', seriesDescription: '' },
  ]);
  expect([...folders.values()]).toEqual(['1-Thorax_1-2-3-11', '1-THORAX_1-2-3-12', '2', 'series']);
});

test('no two series of a study share a folder', () => {
  const series = fc.uniqueArray(
    fc.record({
      seriesInstanceUid: fc.stringMatching(/^1\.2\.[1-9]\d{0,30}$/),
      seriesNumber: fc.constantFrom('1', '2', ''),
      seriesDescription: fc.oneof(fc.constantFrom('a', 'A', '', 'x'.repeat(200)), fc.string()),
    }),
    { selector: (each) => each.seriesInstanceUid, maxLength: 12 },
  );
  fc.assert(
    fc.property(series, (all) => {
      const folders = [...seriesFolders(all).values()].map((folder) => folder.toLowerCase());
      expect(new Set(folders).size).toBe(all.length);
      for (const folder of folders) expect(Buffer.byteLength(folder)).toBeLessThanOrEqual(81);
    }),
  );
});
