// npm run test:production: the topology of temporal/docker-compose.yml without containers.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build } from './lib/build.ts';
import { command } from './lib/sentence.ts';
import { findTemporalCli } from './lib/temporalCli.ts';
import { temporalPrograms } from './lib/temporalServer.ts';

const root = path.dirname(import.meta.dirname);

await command(async () => {
  const cli = findTemporalCli();
  process.env.TEMPORAL_PROGRAMS = temporalPrograms(root, cli);
  build(root);
  const vitest = path.join(root, 'node_modules', '.bin', 'vitest');
  const { status } = spawnSync(vitest, ['run', '--project', 'production', '--reporter=verbose'], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
});
