import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { uuidv7, loadKey, openDatabase, projectKeyPurpose, seal } from '@viaduct/prisma';
import type { Database } from '@viaduct/prisma';
import { writeDemoStudies } from '@viaduct/testing';
import { freePort } from './ports.ts';
import { say } from './sentence.ts';

/** Where the demo lies and what it is written into. */
export interface DemoOptions {
  readonly home: string;
  readonly database: string;
  readonly secrets: string;
  readonly folderRoot: string;
  readonly receiver: { readonly aeTitle: string; readonly port: number };
  /** Start with fresh studies. */
  readonly reset: boolean;
}

interface DemoPacs {
  readonly name: 'A' | 'B';
  readonly aeTitle: string;
  readonly port: number;
  readonly folder: string;
}

const PORTS = { A: 11121, B: 11122 } as const;

async function prepare(options: DemoOptions, name: 'A' | 'B'): Promise<DemoPacs> {
  const folder = path.join(options.home, 'demo', `pacs-${name.toLowerCase()}`);
  if (options.reset) rmSync(folder, { recursive: true, force: true });
  if (!existsSync(folder)) {
    say(`making the studies of demo PACS ${name} …`);
    const half = `${folder}.new`;
    rmSync(half, { recursive: true, force: true });
    mkdirSync(half, { recursive: true, mode: 0o700 });
    await writeDemoStudies(half, name);
    renameSync(half, folder);
  }
  return { name, aeTitle: `DEMO_${name}`, port: await freePort(PORTS[name]), folder };
}

async function writeNodes(database: Database, pacs: readonly DemoPacs[], folderRoot: string): Promise<void> {
  for (const { name, aeTitle, port } of pacs) {
    const face = { kind: 'server', aeTitle, host: '127.0.0.1', port, maxAssociations: 4 };
    await database.client.node.upsert({
      where: { name: `Demo PACS ${name}` },
      update: { port },
      create: { name: `Demo PACS ${name}`, ...face },
    });
  }
  const folder = path.join(folderRoot, 'demo');
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  const create = { name: 'Demo folder', kind: 'folder', path: folder, maySource: false };
  await database.client.node.upsert({ where: { name: create.name }, update: { path: folder }, create });
}

async function writeProject(database: Database, secrets: string): Promise<void> {
  const name = 'Demo study';
  if (await database.client.project.findUnique({ where: { name } })) return;
  const id = uuidv7();
  const sealedKey = Uint8Array.from(seal(await loadKey(secrets, 'master'), randomBytes(32), projectKeyPurpose(id)));
  await database.client.project.create({
    data: { id, name, sealedKey, trialProtocolId: 'DEMO-1', trialProtocolName: 'Demonstration' },
  });
}

/** Makes the studies of two demo PACS, starts both, and writes them, a folder and a project into the database. */
export async function startDemo(
  options: DemoOptions,
  start: (name: string, args: readonly string[]) => Promise<void>,
): Promise<void> {
  const pacs = await Promise.all([prepare(options, 'A'), prepare(options, 'B')]);
  const known = [...pacs.map(({ aeTitle, port }) => ({ aeTitle, port })), options.receiver].flatMap(
    ({ aeTitle, port }) => ['--move', `${aeTitle}=127.0.0.1:${port}`],
  );
  for (const { name, aeTitle, port, folder } of pacs) {
    const place = ['--port', String(port), '--aet', aeTitle];
    await start(`demo-${name.toLowerCase()}`, ['cli/src/main.ts', 'pacs', folder, ...place, ...known]);
  }
  const database = openDatabase({ connectionString: options.database });
  try {
    await writeNodes(database, pacs, options.folderRoot);
    await writeProject(database, options.secrets);
  } finally {
    await database.close();
  }
}
