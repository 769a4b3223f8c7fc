import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connectControl } from '@viaduct/testing/pacs';
import {
  run,
  startService,
  temporaryFolder,
  writeStudy,
  type TemporaryFolder,
  type WrittenStudy,
} from '@viaduct/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BIN, jsonLines, viaduct } from './harness/viaduct.ts';

let folder: TemporaryFolder;
let study: WrittenStudy;
beforeAll(async () => {
  folder = await temporaryFolder('viaduct-cli-pacs-');
  study = await writeStudy(folder.path, { label: 'pacs', instances: 3 });
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Starts `viaduct pacs` over the folder. */
async function startPacsCommand(...args: readonly string[]) {
  const service = await startService({
    command: process.execPath,
    args: [BIN, 'pacs', folder.path, '--port', '0', '--json', ...args],
    ready: ({ output }) => output().includes('"ready":true'),
  });
  const ready = JSON.parse(service.output().split('\n')[0] ?? '') as { port: number; controlPort: number };
  return { ...service, ...ready };
}

test('a folder becomes a PACS that DCMTK can query, and SIGTERM ends it with 0', async () => {
  await using pacs = await startPacsCommand('--aet', 'MINE');
  const keys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', 'StudyInstanceUID'];
  const { stdout, stderr } = await run('findscu', [
    '-S',
    '-v',
    ...keys,
    '-aec',
    'MINE',
    '127.0.0.1',
    String(pacs.port),
  ]);
  expect(stdout + stderr).toContain(study.studyInstanceUID);
  pacs.child.kill('SIGTERM');
  expect(await pacs.ended()).toBe(0);
});

test('a script makes it fail, and the control takes another one', async () => {
  const script = path.join(folder.path, 'script.json');
  await writeFile(script, JSON.stringify({ refuseStatus: { find: 42752 } }));
  await using pacs = await startPacsCommand('--script', script, '--control-port', '0');
  const address = [`127.0.0.1:${pacs.port}`, '--called', 'PACS'];
  expect((await viaduct('find', ...address)).code).toBe(1);
  await connectControl(pacs.controlPort).setFaults({});
  expect(jsonLines(await viaduct('find', ...address))).toHaveLength(1);
});

test.for([
  ['no JSON', '{', /it is no JSON/],
  ['a fault that there is not', '{"delay":5}', /no fault "delay"/],
] as const)('a script with %s is wrong use', async ([, text, sentence]) => {
  const script = path.join(folder.path, 'wrong.json');
  await writeFile(script, text);
  const { code, stderr } = await viaduct('pacs', folder.path, '--port', '0', '--script', script);
  expect(stderr).toMatch(sentence);
  expect(code).toBe(2);
});
