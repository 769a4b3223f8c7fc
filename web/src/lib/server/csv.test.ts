import { expect, test } from 'vitest';
import { csvFile, csvLine } from './csv.ts';

test('values are quoted where they have to be, and none becomes a formula', () => {
  expect(csvLine(['a', 'b,c', 'say "hi"', 12, null, '=1+1', '-5'])).toBe('a,"b,c","say ""hi""",12,,\'=1+1,\'-5\r\n');
});

test('a file holds every page of its list', async () => {
  const pages: Record<string, { items: number[]; nextCursor: string | null }> = {
    b: { items: [3, 4], nextCursor: 'c' },
    c: { items: [], nextCursor: null },
  };
  const file = csvFile(
    'numbers.csv',
    ['number'],
    { items: [1, 2], nextCursor: 'b' },
    async (cursor) => pages[cursor] ?? { items: [], nextCursor: null },
    (row) => [row],
  );
  expect(file.headers.get('content-disposition')).toBe('attachment; filename="numbers.csv"');
  expect(Buffer.from(await file.arrayBuffer()).toString('utf8')).toBe('\uFEFFnumber\r\n1\r\n2\r\n3\r\n4\r\n');
});
