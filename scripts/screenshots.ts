// npm run screenshots [FOLDER]: the pictures of README and docs, or every page into a folder.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build } from './lib/build.ts';
import { ensurePeers } from './lib/debian.ts';
import { command } from './lib/sentence.ts';
import { findTemporalCli } from './lib/temporalCli.ts';

const root = path.dirname(import.meta.dirname);

await command(async () => {
  process.env.TEMPORAL_CLI = findTemporalCli();
  ensurePeers();
  build(root);
  const script = path.join('testing', 'e2e', 'screenshots.ts');
  const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
});
