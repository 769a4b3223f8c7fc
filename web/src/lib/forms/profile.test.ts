import { expect, test } from 'vitest';
import { fieldOf, idOf, NO_RULE, profileOf, rectanglesText, ruleRows, safePrivateText } from './profile.ts';

function form(fields: readonly (readonly [string, string])[]): FormData {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  return data;
}

test('rules are read row by row, and rows without anything in them left out', () => {
  const { rules } = profileOf(
    form([
      ['rules.0.attribute', 'StudyID'],
      ['rules.0.do', 'replace'],
      ['rules.0.with', 'X'],
      ['rules.1.attribute', ''],
      ['rules.1.do', 'remove'],
      ['rules.2.attribute', '0018xxxx'],
      ['rules.2.module', 'CT Image'],
      ['rules.2.do', 'keep'],
    ]),
  );
  expect(rules).toEqual([
    { match: { attribute: 'StudyID' }, action: { do: 'replace', with: 'X' } },
    { match: { attribute: '0018xxxx', module: 'CT Image' }, action: { do: 'keep' } },
  ]);
  expect(ruleRows(rules)[0]).toEqual({ ...NO_RULE, attribute: 'StudyID', do: 'replace', with: 'X' });
});

test('masks and private attributes come back as they were typed', () => {
  const typed = { rectangles: '0, 0, 640, 40; 0, 440, 640, 40', safe: 'ACME, 1.1, 0019, 0C, IS' };
  const { pixels, safePrivate } = profileOf(
    form([
      ['masks.0.modality', 'US'],
      ['masks.0.rows', '480'],
      ['masks.0.rectangles', typed.rectangles],
      ['safePrivate', typed.safe],
    ]),
  );
  expect(pixels.masks[0]?.device).toEqual({ modality: 'US', rows: 480 });
  expect(rectanglesText(pixels.masks[0]?.rectangles ?? [])).toBe(typed.rectangles);
  expect(safePrivate).toEqual([{ creator: 'ACME, 1.1', group: 0x19, element: 0x0c, vr: 'IS' }]);
  expect(safePrivateText(safePrivate)).toBe(typed.safe);
});

test('a short name is made from a name', () => {
  expect(idOf('Herz – Über 60 (copy)')).toBe('herz-uber-60-copy');
});

test.each([
  ['rules.0.match.attribute', 'rules.0.attribute'],
  ['pixels.masks.2.rectangles.0.x', 'masks.2.rectangles'],
  ['descriptors.patterns.1', 'patterns'],
  ['options.dates', 'dates'],
])('what is wrong at %s is shown at %s', (path, field) => {
  expect(fieldOf(path)).toBe(field);
});
