import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { waitFor } from './waiting.ts';

/** What installs every program that tests need on Debian. */
export const INSTALL_COMMAND =
  'apt-get install -y --no-install-recommends orthanc orthanc-dicomweb dcmtk chromium-headless-shell dicom3tools 7zip';

/** A program that tests need is not on this machine, or did not do its work. The message says what to do. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
}

/** Characters of a child's output that are kept for messages. */
const OUTPUT_LIMIT = 64 * 1024;
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Absolute path of an executable: the first of `candidates` that exists, else the first of PATH.
 *
 * @throws ServiceError naming the command that installs it
 */
export async function findProgram(name: string, candidates: readonly string[] = []): Promise<string> {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean);
  for (const file of [...candidates, ...folders.map((folder) => path.join(folder, name))]) {
    const usable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return file;
  }
  throw new ServiceError(`${name} is missing. Install it with: ${INSTALL_COMMAND}`);
}

/** Below what systems give to outgoing connections and to port 0, so that nothing takes a port before its server does. */
const PORTS = [20_000, 32_000] as const;
const PORT_ATTEMPTS = 100;

/** A TCP port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
    const port = randomInt(...PORTS);
    const server = net.createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new ServiceError('no free TCP port');
}

/** Whether something accepts TCP connections there. */
export function accepts(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** A temporary folder that is removed when it goes out of scope. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/** Makes a folder below the system's temporary folder. */
export async function temporaryFolder(prefix = 'viaduct-'): Promise<TemporaryFolder> {
  const folder = await mkdtemp(path.join(os.tmpdir(), prefix));
  return {
    path: folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** What `run` returns when the program ended by itself. */
export interface Outcome {
  /** Exit code; 128 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** After this many ms the program is killed and `run` throws; 60,000 by default. */
  readonly deadlineMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

/**
 * Runs a program to its end. The exit code is the caller's to judge.
 *
 * @throws ServiceError when it cannot be started or the deadline passes
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const deadlineMs = options.deadlineMs ?? 60_000;
  const deadline = AbortSignal.timeout(deadlineMs);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, TCP_NODELAY: '1', ...options.env },
    signal: options.signal ? AbortSignal.any([deadline, options.signal]) : deadline,
    killSignal: 'SIGKILL',
  });
  running.add(child);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
    return { code: code ?? 128, stdout: text(stdout), stderr: text(stderr) };
  } catch (error) {
    if (deadline.aborted) throw new ServiceError(`${path.basename(command)} did not end within ${deadlineMs} ms`);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new ServiceError(`${command} is missing. Install it with: ${INSTALL_COMMAND}`);
    }
    throw error;
  } finally {
    running.delete(child);
  }
}

export interface ServiceOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Asked again and again until it says true. */
  readonly ready: (service: RunningService) => boolean | Promise<boolean>;
  readonly deadlineMs?: number;
  /** How the program is asked to end; killed after 5 s. */
  readonly stopSignal?: NodeJS.Signals;
}

/** A child process that goes on until it is stopped or goes out of scope. */
export interface RunningService extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The last 64 KiB of stdout and stderr together. */
  readonly output: () => string;
  /** Whether the process has not ended yet. */
  readonly alive: () => boolean;
  /** Waits for its end by itself: the exit code, 128 when a signal ended it. */
  readonly ended: () => Promise<number>;
  /** Asks it to end, kills it after a grace of 5 s, waits until it is gone. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

/**
 * Starts a program and waits until it is ready.
 *
 * @throws ServiceError with the last output when it ends early or is not ready within the deadline
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: { ...process.env, TCP_NODELAY: '1', ...options.env },
    uid: options.uid,
    gid: options.gid,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const service = supervise(child, options.stopSignal ?? 'SIGTERM');
  const name = path.basename(options.command);
  try {
    await waitFor(
      async () => {
        if (!service.alive()) throw new ServiceError(`${name} ended at once:\n${service.output()}`);
        return options.ready(service);
      },
      { deadlineMs: options.deadlineMs ?? 30_000, what: `${name} to be ready` },
    );
    return service;
  } catch (error) {
    await service.stop('SIGKILL');
    throw error instanceof ServiceError ? error : new ServiceError(`${String(error)}\n${service.output()}`);
  }
}

function supervise(child: ChildProcess, stopSignal: NodeJS.Signals): RunningService {
  let output = '';
  let ended = false;
  running.add(child);
  const closed = new Promise<void>((resolve) => {
    const end = () => {
      ended = true;
      running.delete(child);
      resolve();
    };
    child.once('error', (error) => {
      output += String(error);
      end();
    });
    child.once('close', end);
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(-OUTPUT_LIMIT)));
  }
  const stop = async (signal: NodeJS.Signals = stopSignal) => {
    if (!ended) child.kill(signal);
    const grace = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await closed;
    clearTimeout(grace);
  };
  return {
    child,
    pid: child.pid ?? -1,
    output: () => output,
    alive: () => !ended && child.exitCode === null && child.signalCode === null,
    ended: async () => {
      await closed;
      return child.exitCode ?? 128;
    },
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
