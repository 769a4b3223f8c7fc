#!/usr/bin/env node
// The command `viaduct`: any Node >= 20 may start it, built-ins only. It goes on in this process where Node runs TypeScript by itself,
// else under the Node that the lock pins.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const room = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(path.dirname(room), 'node_modules');
const main = path.join(room, 'src', 'main.ts');
/** Sources once stripped of their types start several times faster; where the folder cannot be written nothing is kept. */
const cache = path.join(modules, '.cache', 'viaduct');
/** The first Node that knows `using` and runs TypeScript without a flag. */
const NODE_OF_THE_SOURCES = 24;

/** @param {string} sentence */
function giveUp(sentence) {
  console.error(`viaduct: ${sentence}`);
  process.exit(2);
}

/** @param {string} node */
function goOnUnder(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: cache, ...process.env },
  });
  // A terminal sends Ctrl-C to both processes; a signal sent to this one alone is passed on.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal));
  child.on('error', () => giveUp(`the pinned Node cannot be started; run npm ci in ${path.dirname(room)}.`));
  child.on('exit', (code) => process.exit(code ?? 1));
}

const version = Number(process.versions.node.split('.')[0]);
const pinned = path.join(modules, '.bin', 'node');
if (!existsSync(path.join(modules, '@viaduct', 'dicom'))) {
  giveUp(`its packages are not installed; run npm ci in ${path.dirname(room)}.`);
} else if (version >= NODE_OF_THE_SOURCES) {
  nodeModule.enableCompileCache(cache);
  await import('../src/main.ts');
} else if (existsSync(pinned)) {
  goOnUnder(pinned);
} else {
  giveUp(`Node ${NODE_OF_THE_SOURCES} is needed, this is ${process.version}; run npm ci --allow-scripts=node.`);
}
