import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Profile, builtInProfile, createPseudonymizer, derivePseudonym } from '@viaduct/deid';
import { editFile, encodeFileMeta } from '@viaduct/dicom/part10';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../services/processes.ts';
import { type Answer, type Persona, personaOf, plantedStudy, score } from './index.ts';

const PROJECT_KEY = Buffer.alloc(32, 7);
/** Structured reports are cleaned, too: the key asks for what is retained of them. */
const PROFILE: Profile = {
  ...builtInProfile('research'),
  options: { ...builtInProfile('research').options, cleanStructuredContent: true },
};

async function deidentify(persona: Persona, folder: string): Promise<Answer[]> {
  const { editor, outMeta } = createPseudonymizer({
    projectKey: PROJECT_KEY,
    profile: PROFILE,
    pseudonym: derivePseudonym(PROJECT_KEY, '', persona.patientId),
    patientId: persona.patientId,
  });
  const answers: Answer[] = [];
  for (const { name, bytes, checks } of plantedStudy(persona)) {
    const from = path.join(folder, name);
    await writeFile(from, bytes);
    const { meta, header, bulk, trailer } = await editFile(from, editor);
    const region = bulk === null ? Buffer.alloc(0) : (await readFile(from)).subarray(bulk.start, bulk.end);
    const beginning = encodeFileMeta(outMeta(meta));
    const out = Buffer.concat([beginning, header, region, trailer]);
    await writeFile(`${from}.out`, out);
    answers.push({ path: `${from}.out`, bytes: out, checks });
  }
  return answers;
}

test.each([0, 1, 2, 3, 4, 5, 6])(
  'persona %i: everything is removed and nearly everything is retained',
  async (seed) => {
    await using folder = await temporaryFolder('viaduct-answer-key-');
    const persona = personaOf(seed);
    const { total, failed, categories } = await score(persona, await deidentify(persona, folder.path));
    expect(failed.filter(({ kind }) => kind === 'removed')).toEqual([]);
    expect(failed).toEqual([]);
    expect(total).toBeGreaterThan(100);
    expect(categories.retention.total).toBeGreaterThan(40);
  },
);

test('the scorer finds what was not de-identified', async () => {
  await using folder = await temporaryFolder('viaduct-answer-key-');
  const persona = personaOf(1);
  const answers: Answer[] = [];
  for (const { name, bytes, checks } of plantedStudy(persona)) {
    const out = path.join(folder.path, name);
    await writeFile(out, bytes);
    answers.push({ path: out, bytes, checks });
  }
  const { failed } = await score(persona, answers);
  const missed = answers
    .flatMap(({ checks }) => checks)
    .filter((check) => ['removed', 'shifted', 'remapped', 'absent'].includes(check.kind))
    .filter((check) => !failed.some(({ kind, place }) => kind === check.kind && place === check.place));
  expect(missed).toEqual([]);
});
