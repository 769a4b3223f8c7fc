import { access, constants, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, run, startPacs, startService, temporaryFolder } from '@viaduct/testing';
import { expect, test } from 'vitest';
import { COMMANDS } from './commands.ts';
import { BIN, viaduct } from './harness/viaduct.ts';

const ANYWHERE = '127.0.0.1:104';

test('the overview names every command', async () => {
  const { code, stdout } = await viaduct('--help');
  for (const name of Object.keys(COMMANDS)) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  expect(code).toBe(0);
});

test.for(Object.keys(COMMANDS))('%s says in its help how it is used', async (name) => {
  const { code, stdout } = await viaduct(name, '--help');
  expect(stdout).toContain(`Usage: viaduct ${name} `);
  expect(code).toBe(0);
});

test.for<[string, readonly string[], RegExp]>([
  ['no command', [], /^$/],
  ['an unknown command', ['eco'], /no command eco/],
  ['an unknown option', ['echo', ANYWHERE, '--tsl'], /--tsl/],
  ['no address', ['echo'], /argument is missing/],
  ['an address without a port', ['echo', 'localhost'], /not HOST:PORT/],
  ['a port that is none', ['echo', 'localhost:70000'], /port must be a whole number/],
  ['too many arguments', ['echo', ANYWHERE, 'more'], /too many arguments: more/],
  ['an AE title that is too long', ['echo', ANYWHERE, '--called', 'A_TITLE_TOO_LONG_'], /--called must be an AE title/],
  ['a time-out that is none', ['echo', ANYWHERE, '--response-timeout', 'soon'], /--response-timeout/],
  ['a level that is none', ['find', ANYWHERE, '--level', 'FRAME'], /--level/],
  ['an unknown key', ['find', ANYWHERE, 'PatientNumber=1'], /no attribute PatientNumber/],
  ['a sequence as key', ['find', ANYWHERE, 'ReferencedSeriesSequence'], /sequence/],
  ['a limit of nothing', ['find', ANYWHERE, '--limit', '0'], /--limit/],
  ['no study', ['get', ANYWHERE, '--out', '/nowhere'], /--study is missing/],
  ['a UID that is none', ['get', ANYWHERE, '--study', '1.2.x', '--out', '/nowhere'], /--study must be a UID/],
  ['no folder', ['get', ANYWHERE, '--study', '1.2.3'], /--out is missing/],
  ['no destination', ['move', ANYWHERE, '--study', '1.2.3'], /--to is missing/],
  ['nothing to send', ['send', ANYWHERE], /argument is missing/],
  ['no parallelism', ['send', ANYWHERE, '.', '--parallel', '0'], /--parallel/],
  ['no port for the PACS', ['pacs', '.'], /--port is missing/],
  ['a destination without an address', ['pacs', '.', '--port', '0', '--move', 'HERE'], /--move|HOST:PORT/],
])('wrong use ends with 2: %s', async ([, args, sentence]) => {
  const { code, stderr } = await viaduct(...args);
  expect(stderr).toMatch(sentence);
  expect(code).toBe(2);
});

test.for<[string, (port: number) => readonly string[], RegExp]>([
  ['no such host', () => ['echo', 'no-such-host.invalid:104'], /no host of this name/],
  ['a closed port', (port) => ['echo', `127.0.0.1:${port}`], /nobody listens/],
  ['a closed port, asked for studies', (port) => ['find', `127.0.0.1:${port}`], /nobody listens/],
  ['a file that is not there', (port) => ['send', `127.0.0.1:${port}`, '/nowhere.dcm'], /cannot be read \(ENOENT\)/],
  ['a file that is no DICOM', () => ['dump', BIN], /is no DICOM file/],
  ['a file to dump that is not there', () => ['dump', '/nowhere.dcm'], /cannot be read \(ENOENT\)/],
])('failure ends with 1: %s', async ([, args, sentence]) => {
  const { code, stderr } = await viaduct(...args(await freePort()));
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/\n {4}at /);
  expect(code).toBe(1);
});

test.for<[string, Parameters<typeof startPacs>[0]['faults'], RegExp]>([
  ['rejects its AE title', { refuseAssociation: 'called' }, /does not know the called AE title/],
  ['rejects ours', { refuseAssociation: 'calling' }, /does not let our AE title in/],
  ['is full', { refuseAssociation: 'transient' }, /no room for an association/],
  ['accepts and falls silent', { silent: 'requests' }, /fell silent \(waited 0.5 s\)/],
  ['does not accept', { silent: 'association' }, /fell silent \(waited 0.5 s\)/],
])('a peer that %s is told apart', async ([, faults, sentence]) => {
  await using folder = await temporaryFolder();
  await using pacs = await startPacs({ dir: folder.path, faults });
  const patience = ['--association-timeout', '0.5', '--response-timeout', '0.5'];
  const { code, stderr } = await viaduct('echo', `127.0.0.1:${pacs.port}`, '--called', 'PACS', ...patience);
  expect(stderr).toMatch(sentence);
  expect(code).toBe(1);
});

test('the link that npm makes starts the command, also from elsewhere', async () => {
  const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
    bin: { viaduct: string };
  };
  const target = fileURLToPath(new URL(`../${manifest.bin.viaduct}`, import.meta.url));
  expect(target).toBe(BIN);
  await using folder = await temporaryFolder();
  const link = path.join(folder.path, 'viaduct');
  await symlink(target, link);
  const { code, stdout } = await run(link, ['--version'], { cwd: folder.path });
  expect(stdout).toBe(`${manifest.version}\n`);
  expect(code).toBe(0);
});

/** A Node that is too old to run the sources, as distributions have it. */
async function oldNode(): Promise<string | undefined> {
  const candidate = '/usr/bin/node';
  const isThere = await access(candidate, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!isThere) return undefined;
  const { stdout } = await run(candidate, ['--version']);
  return /^v2[0-3]\./.test(stdout) ? candidate : undefined;
}
const old = await oldNode();

test.skipIf(old === undefined)(
  'an older Node goes on under the pinned one, exit code and signals included',
  async () => {
    expect((await run(old ?? '', [BIN, '--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run(old ?? '', [BIN, 'echo', 'localhost'])).code).toBe(2);
    await using out = await temporaryFolder();
    await using receiver = await startService({
      command: old ?? '',
      args: [BIN, 'receive', '0', '--host', '127.0.0.1', '--out', out.path],
      ready: ({ output }) => output().includes('listening'),
    });
    receiver.child.kill('SIGTERM');
    expect(await receiver.ended()).toBe(0);
    expect(receiver.output()).toContain('received 0 instances');
  },
);
