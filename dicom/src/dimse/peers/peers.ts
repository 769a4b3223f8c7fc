import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Peer } from '../types.ts';

/** Real DICOM peers for the tests of this room: DCMTK's tools and Orthanc, on free ports and in temporary folders. */

/** The processes' environment: without TCP_NODELAY every instance costs 44 ms. */
const environment = { ...process.env, TCP_NODELAY: '1' };

/** A peer on loopback with short patience. */
export function peerAt(port: number, calledAETitle = 'ANY', patience: Partial<Peer> = {}): Peer {
  return {
    host: '127.0.0.1',
    port,
    calledAETitle,
    callingAETitle: 'VIADUCT',
    connectTimeoutMs: 5_000,
    associationTimeoutMs: 5_000,
    responseTimeoutMs: 20_000,
    idleTimeoutMs: 20_000,
    ...patience,
  };
}

/** A temporary folder that is removed at the end of its block. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'viaduct-dimse-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Settles when a condition holds. Fails after 20 s. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('condition not met in time');
    await delay(20);
  }
}

/** A process that serves a port. */
export interface Server extends AsyncDisposable {
  readonly port: number;
  /** Its folder: what it received, its database. */
  readonly folder: string;
}

async function serve(command: string, args: string[], port: number, folder: string): Promise<Server> {
  const child = spawn(command, args, { env: environment, stdio: 'ignore' });
  const stop = async () => {
    await kill(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until(() => accepts(port), 30_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, folder, [Symbol.asyncDispose]: stop };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(timer);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** DCMTK's storescp, writing data sets as they come. */
export async function startStorescp(...options: string[]): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'viaduct-storescp-'));
  const port = await freePort();
  return serve('storescp', ['-od', folder, '-aet', 'STORESCP', '+B', ...options, String(port)], port, folder);
}

/** Orthanc with its modality `VIADUCT` on loopback. @param modalities - name → [AE title, host, port], or an object. */
export async function startOrthanc(
  modalities: Record<string, readonly unknown[] | Record<string, unknown>> = {},
  configuration: Readonly<Record<string, unknown>> = {},
): Promise<Server & { readonly httpPort: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'viaduct-orthanc-'));
  const port = await freePort();
  const httpPort = await freePort();
  const settings = {
    Name: 'test',
    StorageDirectory: folder,
    IndexDirectory: folder,
    HttpPort: httpPort,
    HttpServerEnabled: true,
    AuthenticationEnabled: false,
    DicomPort: port,
    DicomAet: 'ORTHANC',
    DicomCheckCalledAet: true,
    DicomAlwaysAllowEcho: true,
    DicomAlwaysAllowFind: true,
    DicomAlwaysAllowGet: true,
    DicomAlwaysAllowMove: true,
    DicomAlwaysAllowStore: true,
    DicomModalities: modalities,
    UnknownSopClassAccepted: true,
    Plugins: [],
    StableAge: 1,
    OverwriteInstances: true,
    ...configuration,
  };
  await writeFile(join(folder, 'orthanc.json'), JSON.stringify(settings));
  const server = await serve('/usr/sbin/Orthanc', [join(folder, 'orthanc.json')], port, folder);
  return { ...server, httpPort };
}

/** DCMTK's query/retrieve SCP with the storage area `QRSCP`; one application entity may be moved to. */
export async function startDcmqrscp(
  destination: { aeTitle: string; port: number },
  ...options: string[]
): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'viaduct-dcmqrscp-'));
  const port = await freePort();
  const { aeTitle } = destination;
  const lines = [
    `NetworkTCPPort = ${port}`,
    'MaxPDUSize = 131072',
    'MaxAssociations = 16',
    'HostTable BEGIN',
    `${aeTitle} = (${aeTitle}, 127.0.0.1, ${destination.port})`,
    'HostTable END',
    'VendorTable BEGIN',
    'VendorTable END',
    'AETable BEGIN',
    `QRSCP ${folder} RW (500, 1024mb) ANY`,
    'AETable END',
  ];
  const settings = join(folder, 'dcmqrscp.cfg');
  await writeFile(settings, `${lines.join('\n')}\n`);
  return serve('dcmqrscp', ['-c', settings, ...options], port, folder);
}

/** Runs a DCMTK tool to its end. */
export function run(command: string, args: readonly string[]): { readonly code: number; readonly output: string } {
  const result = spawnSync(command, args, { env: environment, encoding: 'utf8', timeout: 60_000 });
  return { code: result.status ?? -1, output: `${result.stdout}${result.stderr}` };
}

/** Like `run`, without blocking: for tools that talk to this process. */
export async function runAgainstUs(
  command: string,
  args: readonly string[],
): Promise<{ code: number; output: string }> {
  const child = spawn(command, args, { env: environment });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, output };
}

/** All files below a folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
