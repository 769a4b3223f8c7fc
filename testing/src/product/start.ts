import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { createClient } from '@viaduct/client';
import type { ViaductClient } from '@viaduct/client';
import { freePort, temporaryFolder, waitFor } from '../services/index.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const START_DEADLINE_MS = 180_000;

/** The password every test signs in with, after the one-time password has been changed. */
export const PASSWORD = 'correct-horse-battery';

export interface ProductOptions {
  readonly demo?: boolean;
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** A data folder that is kept; a temporary one by default. */
  readonly home?: string;
}

/** Viaduct as a user starts it, with a data folder and ports of its own. */
export interface Product extends AsyncDisposable {
  readonly url: string;
  readonly home: string;
  readonly receiverPort: number;
  /** Present on the first start of a data folder. */
  readonly oneTimePassword: string | undefined;
  /** ms from the command to its ready line. */
  readonly readyAfterMs: number;
  output(): string;
  /** Process number of one of its processes. */
  pid(name: 'supervisor' | 'api' | 'worker' | 'web' | 'postgres' | 'temporal'): number;
  /** kill -9 of one process; nothing is waited for. */
  kill(name: 'supervisor' | 'api' | 'worker' | 'web' | 'postgres' | 'temporal'): void;
  /** Ends with Ctrl-C and waits. */
  stop(): Promise<void>;
  /** Starts again with the same folder and ports. */
  startAgain(): Promise<Product>;
}

interface Start {
  readonly home: string;
  readonly httpPort: number;
  readonly receiverPort: number;
  readonly options: ProductOptions;
  readonly cleanUp: () => Promise<void>;
}

/** Short time-outs, so that recovery is seen in seconds; everything else as delivered. */
const IMPATIENT = {
  VIADUCT_HEARTBEAT_TIMEOUT_MS: '4000',
  VIADUCT_RETRY_INTERVAL_MS: '500',
  VIADUCT_LEASE_TTL_MS: '5000',
};

async function launch(start: Start): Promise<Product> {
  const began = Date.now();
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'start', ...(start.options.demo ? ['--demo'] : [])], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...IMPATIENT,
      VIADUCT_HOME: start.home,
      VIADUCT_HTTP_PORT: String(start.httpPort),
      VIADUCT_RECEIVER_PORT: String(start.receiverPort),
      VIADUCT_RECEIVER_HOST: '127.0.0.1',
      ...start.options.env,
    },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const decided = () => output.includes('viaduct: ready at') || child.exitCode !== null;
  const ready = await waitFor(decided, { deadlineMs: START_DEADLINE_MS }).catch(() => false);
  if (!ready || child.exitCode !== null) {
    child.kill('SIGTERM');
    await start.cleanUp();
    throw new Error(`npm start did not become ready:\n${output}`);
  }
  return productOf(start, child, () => output, Date.now() - began);
}

function productOf(start: Start, child: ChildProcess, output: () => string, readyAfterMs: number): Product {
  const pid: Product['pid'] = (name) =>
    (JSON.parse(readFileSync(path.join(start.home, 'run', `${name}.json`), 'utf8')) as { pid: number }).pid;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    await waitFor(() => child.exitCode !== null || child.signalCode !== null, {
      deadlineMs: 60_000,
      what: 'the product to stop',
    });
  };
  return {
    url: `http://127.0.0.1:${start.httpPort}`,
    home: start.home,
    receiverPort: start.receiverPort,
    oneTimePassword: /one-time password (\S+?)\./.exec(output())?.[1],
    readyAfterMs,
    output,
    pid,
    kill: (name) => void process.kill(pid(name), 'SIGKILL'),
    stop,
    startAgain: async () => {
      await stop();
      return launch(start);
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await start.cleanUp();
    },
  };
}

/** Starts Viaduct and waits for its ready line. Dispose of the last `Product` to remove its data. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const folder = options.home ? undefined : await temporaryFolder('viaduct-product-');
  // As root the database would move out of a closed folder, and stay behind.
  if (folder) await chmod(folder.path, 0o711);
  const cleanUp = async () => folder?.[Symbol.asyncDispose]();
  const home = options.home ?? path.join(folder?.path ?? '', 'var');
  return launch({ home, httpPort: await freePort(), receiverPort: await freePort(), options, cleanUp });
}

/** What signing in needs of a product. */
export type Entrance = Pick<Product, 'url' | 'oneTimePassword'>;

/** Signs in over the API; on a fresh product the one-time password is changed first. */
export async function signIn(product: Entrance): Promise<ViaductClient> {
  return createClient({ baseUrl: product.url, headers: { cookie: await sessionOf(product), origin: product.url } });
}

/** Signs in as `signIn` does; returns the cookies of the session, for pages and event streams. */
export async function sessionOf(product: Entrance): Promise<string> {
  const post = async (route: string, body: object, cookie = '') => {
    const headers = { 'content-type': 'application/json', origin: product.url, cookie };
    const answer = await fetch(product.url + route, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
    return answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
  };
  const password = product.oneTimePassword ?? PASSWORD;
  let cookie = await post('/api/auth/sign-in/username', { username: 'admin', password });
  if (product.oneTimePassword) {
    await post('/api/v1/session/password', { currentPassword: password, newPassword: PASSWORD }, cookie);
    cookie = await post('/api/auth/sign-in/username', { username: 'admin', password: PASSWORD });
  }
  return cookie;
}
