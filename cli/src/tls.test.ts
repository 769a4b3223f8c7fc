import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, startPacs, startStorescp, temporaryFolder, writeStudy, type TemporaryFolder } from '@viaduct/testing';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonLines, startReceive, viaduct } from './harness/viaduct.ts';

const CERTIFICATES = fileURLToPath(new URL('../../testing/tls/', import.meta.url));
const pem = (name: string) => path.join(CERTIFICATES, name);
const CA = ['--tls-ca', pem('ca.pem')];
const OURS = ['--tls-cert', pem('client.pem'), '--tls-key', pem('client.key')];
const SERVER = ['--tls-cert', pem('server.pem'), '--tls-key', pem('server.key')];

let folder: TemporaryFolder;
let file: string;
beforeAll(async () => {
  folder = await temporaryFolder('viaduct-cli-tls-');
  const study = await writeStudy(folder.path, { label: 'tls' });
  file = study.instances[0]?.path ?? '';
});
afterAll(() => folder[Symbol.asyncDispose]());

test('send: storescp that wants a certificate is served over TLS', async () => {
  const tls = ['+tls', pem('server.key'), pem('server.pem'), '+cf', pem('ca.pem'), '-rc'];
  await using storescp = await startStorescp({ args: tls });
  const target = [`127.0.0.1:${storescp.port}`, '--called', storescp.aeTitle];
  expect((await viaduct('send', ...target, file, ...CA, ...OURS)).code).toBe(0);
  expect(await storescp.files()).toHaveLength(1);
});

test('receive: storescu comes over TLS, and strangers stay out', async () => {
  await using out = await temporaryFolder();
  await using receiver = await startReceive(out.path, ...SERVER, '--tls-client-ca', pem('ca.pem'));
  const target = ['127.0.0.1', String(receiver.port), file];
  const tls = (name: string) => ['+tls', pem(`${name}.key`), pem(`${name}.pem`), '+cf', pem('ca.pem')];
  expect((await run('storescu', [...tls('stranger'), ...target])).code).not.toBe(0);
  expect(await readdir(out.path)).toHaveLength(0);
  expect((await run('storescu', [...tls('client'), ...target])).code).toBe(0);
  expect(await readdir(out.path)).toHaveLength(1);
});

test('find: a PACS answers over TLS, and every way of mistrust has its sentence', async () => {
  const tls = { cert: readFileSync(pem('server.pem'), 'utf8'), key: readFileSync(pem('server.key'), 'utf8') };
  await using pacs = await startPacs({ dir: folder.path, tls });
  const target = [`127.0.0.1:${pacs.port}`, '--called', 'PACS'];
  expect(jsonLines(await viaduct('find', ...target, ...CA))).toHaveLength(1);
  for (const [options, sentence] of [
    [['--tls'], /we trust no authority/],
    [['--tls-ca', pem('other.pem')], /we trust no authority/],
    [[...CA, '--tls-name', 'pacs.example'], /is for another name/],
  ] as const) {
    const { code, stderr } = await viaduct('echo', ...target, ...options);
    expect(stderr).toMatch(sentence);
    expect(code).toBe(1);
  }
});

test('a certificate without its key is wrong use, a file that is not there a failure', async () => {
  const half = await viaduct('echo', 'localhost:104', '--tls-cert', pem('client.pem'));
  expect(half.stderr).toContain('--tls-cert and --tls-key belong together');
  expect(half.code).toBe(2);
  const absent = await viaduct('echo', 'localhost:104', '--tls-ca', '/nowhere.pem');
  expect(absent.stderr).toContain('/nowhere.pem');
  expect(absent.code).toBe(1);
});
