// First script of `npm start` and `npm test`: any Node >= 20, built-ins only.
// Installs what the lock names when that is missing or stale, then goes on under the pinned Node.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const pinnedNode = path.join(root, 'node_modules', '.bin', 'node');
const stampFile = path.join(root, 'node_modules', '.viaduct-lock');
const [command, ...rest] = process.argv.slice(2);

/** @param {string} sentence */
function giveUp(sentence) {
  console.error(`viaduct: ${sentence}`);
  process.exit(1);
}

function install() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const installed = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lock && existsSync(pinnedNode);
  if (installed) return;
  console.log('viaduct: installing packages (about a minute) …');
  const npm = process.env.npm_execpath;
  const [program, prefix] = npm ? [process.execPath, [npm]] : ['npm', []];
  const result = spawnSync(program, [...prefix, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (result.status !== 0)
    giveUp('the packages could not be installed; is the npm registry reachable? Then run the command again.');
  if (!existsSync(pinnedNode)) {
    giveUp(
      'npm did not install the pinned Node. Allow its install script: npm ci --allow-scripts=node, then run the command again.',
    );
  }
  writeFileSync(stampFile, lock);
}

if (Number(process.versions.node.split('.')[0]) < 20) giveUp(`Node 20 or newer is needed, this is ${process.version}.`);
process.chdir(root);
install();

// What Node has read of TypeScript and compiled once serves every process from then on: half of the time of a start.
const compileCache = path.join(root, 'node_modules', '.cache', 'node');
const child = spawn(pinnedNode, [path.join(root, 'scripts', `${command}.ts`), ...rest], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: {
    NODE_COMPILE_CACHE: compileCache,
    ...process.env,
    PATH: `${path.join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
    TZ: 'UTC',
  },
});
// The terminal sends Ctrl-C to the whole group; a signal sent to this process alone is passed on.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => child.connected && child.send({ stop: signal }));
}
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
