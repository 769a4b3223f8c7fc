import path from 'node:path';
import { build } from './lib/build.ts';
import { command } from './lib/sentence.ts';

await command(async () => {
  build(path.dirname(import.meta.dirname));
  // Loads what the build has generated, so it must not be imported before.
  const { supervise } = await import('./supervisor.ts');
  await supervise();
});
