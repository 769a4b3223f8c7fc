import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { Sentence, say } from './sentence.ts';

/** Programs the tests run as peers, with the Debian package that brings each. */
const PARTS: readonly (readonly [program: string, packageName: string])[] = [
  ['/usr/sbin/Orthanc', 'orthanc'],
  ['/usr/share/orthanc/plugins/libOrthancDicomWeb.so', 'orthanc-dicomweb'],
  ['/usr/bin/storescp', 'dcmtk'],
  ['/usr/bin/chromium-headless-shell', 'chromium-headless-shell'],
  ['/usr/bin/dciodvfy', 'dicom3tools'],
  ['/usr/bin/7zz', '7zip'],
];
const POLICY = '/usr/sbin/policy-rc.d';

/** Installs without letting a package start its service; what was there before is left alone. */
function installWithoutServices(packages: readonly string[]): boolean {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const apt = (...args: string[]) =>
      spawnSync('apt-get', args, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status === 0;
    return apt('update') && apt('install', '-y', '--no-install-recommends', ...packages);
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}

/** Sees to it that the tests' peers are there: installs them as root, else says the command that does. */
export function ensurePeers(): void {
  const missing = PARTS.filter(([program]) => !existsSync(program)).map(([, name]) => name);
  if (missing.length === 0) return;
  const install = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0) throw new Sentence(`the tests need ${missing.join(', ')}. Run: sudo ${install}`);
  say(`installing what the tests need: ${missing.join(', ')} …`);
  if (!installWithoutServices(missing) || PARTS.some(([program]) => !existsSync(program)))
    throw new Sentence(`could not install the tests' peers. Run: ${install}`);
}
