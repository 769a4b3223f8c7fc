import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { CLI_VERSION, findTemporalCli, serverArguments } from './temporalCli.ts';

/** Starts Temporal's development server on loopback with its database in a file of the product's home. */
export function startTemporal(options: { home: string; port: number; namespace: string; log: number }): ChildProcess {
  const binary = findTemporalCli();
  const folder = path.join(options.home, 'temporal');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The schema of the file is not migrated between versions, so each version has its own; the reconciler starts again what ran.
  const file = path.join(folder, `server-${CLI_VERSION}.sqlite`);
  const args = [
    'server',
    'start-dev',
    '--headless',
    '--ip',
    '127.0.0.1',
    '--port',
    String(options.port),
    '--namespace',
    options.namespace,
  ];
  const pragmas = ['journal_mode=wal', 'synchronous=full'].flatMap((pragma) => ['--sqlite-pragma', pragma]);
  return spawn(
    binary,
    [...args, '--db-filename', file, ...pragmas, '--log-level', 'warn', ...serverArguments(binary)],
    {
      stdio: ['ignore', options.log, options.log],
      detached: true,
    },
  );
}

/** Whether something listens on the server's port. */
export function temporalAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
}
