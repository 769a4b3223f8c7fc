import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dumpByDcmtk, dumpOf } from '../harness/dcmtk.ts';
import { type Decide, INSERTED, type ModelEdit, REPLACEMENT, editList, isReplaced } from '../harness/editModel.ts';
import {
  type ModelElement,
  type ModelSyntax,
  SYNTAX_UIDS,
  dataSetBytes,
  elementBytes,
  fileBytes,
} from '../harness/model.ts';
import { Random } from '../harness/random.ts';
import { randomDataSet } from '../harness/randomDataSet.ts';
import { type DataSet, type Edit, type Visit, decodeDataSet, editFile, walkFile } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'viaduct-properties-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SYNTAXES: readonly ModelSyntax[] = ['explicit', 'implicit', 'big', 'deflated'];
const DATA_SETS = 100;
const seeds = Array.from({ length: DATA_SETS }, (_, seed) => seed);

function write(name: string, elements: readonly ModelElement[], syntax: ModelSyntax): string {
  const path = join(folder, `${name}.dcm`);
  writeFileSync(path, fileBytes(dataSetBytes(elements, syntax), SYNTAX_UIDS[syntax]));
  return path;
}

function expectSame(decoded: DataSet, elements: readonly ModelElement[]): void {
  expect([...decoded.keys()]).toEqual(elements.map(({ tag }) => tag));
  for (const { tag, value = Buffer.alloc(0), items, fragments } of elements) {
    const element = decoded.get(tag);
    expect(element?.value).toEqual(value);
    expect(element?.fragments).toEqual(fragments);
    expect(element?.items?.length ?? 0).toBe(items?.length ?? 0);
    items?.forEach((item, at) => expectSame(element?.items?.[at] ?? new Map(), item.elements));
  }
}

/** The same decision for the same path, whoever asks. */
function decideBy(seed: number): Decide {
  const edits: ModelEdit[] = [
    'keep',
    'remove',
    'empty',
    'recurse and insert',
    'replace',
    'recurse',
    'recurse',
    'recurse',
  ];
  return (path) =>
    new Random([...path].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), seed)).pick(edits);
}

describe.each(SYNTAXES)('data sets at random in %s', (syntax) => {
  test('are taken apart by DCMTK as by us', async () => {
    const shape = { syntax, hiddenSequences: false };
    const paths = seeds.map((seed) => write(`dump-${seed}`, randomDataSet(new Random(seed), shape), syntax));
    const dumps = dumpByDcmtk(paths);
    for (const [seed, path] of paths.entries()) {
      const ours = await dumpOf(walkFile(path));
      // Where no VR is written DCMTK shows that of its dictionary.
      const theirs = dumps[seed]?.map((line, at) =>
        ours[at]?.includes(' ?? ') ? line.replace(/ .. (?=\S+$)/, ' ?? ') : line,
      );
      expect(theirs, `seed ${seed}`).toEqual(ours);
    }
  });

  test('are decoded to what they were made of', () => {
    for (const seed of seeds) {
      const elements = randomDataSet(new Random(seed), { syntax, hiddenSequences: true });
      expectSame(decodeDataSet(dataSetBytes(elements, syntax), SYNTAX_UIDS[syntax]), elements);
    }
  });

  test('are after any edit, to the byte, what the model says', async () => {
    for (const seed of seeds) {
      const elements = randomDataSet(new Random(seed), { syntax, hiddenSequences: true });
      const decide = decideBy(seed);
      const insert = [{ tag: INSERTED.tag, vr: INSERTED.vr, value: INSERTED.value ?? Buffer.alloc(0) }];
      const visit: Visit = ({ tag, path, vr }): Edit => {
        const edit = decide(path);
        if (edit === 'replace') return isReplaced({ tag, vr }) ? { replace: REPLACEMENT } : 'keep';
        return edit === 'recurse and insert' ? { recurse: visit, insert } : edit;
      };
      const path = write('edit', elements, syntax);
      const { header, bulk, trailer, isChanged } = await editFile(path, { visit, insert });
      const region = bulk === null ? [] : [readFileSync(path).subarray(bulk.start, bulk.end)];
      const expected = editList(elements, '', decide, true);
      const plain = syntax === 'deflated' ? 'explicit' : syntax;
      const bytes = Buffer.concat([header, ...region, trailer]);
      expect(isChanged).toBe(true);
      expectSame(decodeDataSet(bytes, SYNTAX_UIDS[syntax]), expected);
      if (syntax !== 'deflated') expect(bytes.equals(elementBytes(expected, plain)), `seed ${seed}`).toBe(true);
    }
  });
});
