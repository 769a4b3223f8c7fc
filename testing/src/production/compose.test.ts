import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  COMPOSE_FOLDER,
  composeFaults,
  laidOver,
  readCompose,
  readDockerfile,
  startCommand,
  type Compose,
  type Stage,
} from './compose.ts';
import { NOT_STARTED, STARTED } from './starts.ts';

const VARIABLES = { VIADUCT_ORIGIN: 'https://viaduct.example' };
const root = path.dirname(COMPOSE_FOLDER);
let compose: Compose;
let withTls: Compose;
let stages: ReadonlyMap<string, Stage>;
beforeAll(async () => {
  compose = await readCompose('docker-compose.yml', VARIABLES);
  withTls = laidOver(compose, await readCompose('docker-compose.tls.yml', VARIABLES));
  stages = await readDockerfile();
});

/** Rooms that a package imports when it runs, its own included. */
async function roomsOf(room: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(room)) return found;
  found.add(room);
  const text = await readFile(path.join(root, room, 'package.json'), 'utf8');
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    if (name.startsWith('@viaduct/')) await roomsOf(name.slice('@viaduct/'.length), found);
  }
  return found;
}

describe('the compose files', () => {
  test('are refused by the schema when something is misspelt', async () => {
    expect(await composeFaults({ services: { api: { image: 'x', enviroment: {} } } })).toEqual([
      expect.stringContaining('enviroment'),
    ]);
  });

  test('do not start without the public URL', async () => {
    await expect(readCompose('docker-compose.yml', {})).rejects.toThrow('VIADUCT_ORIGIN is not set');
  });

  test('start what the production test runs, and nothing else', () => {
    expect(Object.keys(compose.services).sort()).toEqual([...STARTED, ...Object.keys(NOT_STARTED)].sort());
    for (const name of STARTED) {
      const service = compose.services[name];
      expect(service && startCommand(service, stages), name).toBeInstanceOf(Array);
    }
  });

  test('start programs that are in the checkout', async () => {
    for (const [name, service] of Object.entries(compose.services)) {
      const [program, file = ''] = startCommand(service, stages) ?? [];
      if (program === 'node' && !file.startsWith('web/build/'))
        await expect(readFile(path.join(root, file), 'utf8'), name).resolves.not.toBe('');
    }
  });

  test('publish the api, the receivers and, if asked for, the pages of Temporal', () => {
    const published = Object.entries(compose.services).filter(([, { ports }]) => ports);
    expect(published.map(([name]) => name).sort()).toEqual(['api', 'temporal-ui', 'worker-1', 'worker-2']);
    expect(compose.services.api?.ports).toEqual(['127.0.0.1:4280:4280']);
    expect(compose.services['temporal-ui']?.ports).toEqual(['127.0.0.1:8233:8080']);
  });

  test('give each worker host a receiver, a published port and a spool of its own', () => {
    const workers = Object.values(compose.services).filter(({ build }) => build?.target === 'worker');
    const own = (of: (service: Compose['services'][string]) => unknown) => new Set(workers.map(of)).size;
    expect(workers.length).toBeGreaterThan(1);
    expect(own(({ environment }) => environment?.VIADUCT_RECEIVER_AE_TITLE)).toBe(workers.length);
    expect(own(({ volumes }) => volumes?.find((volume) => volume.endsWith(':/var/lib/viaduct/spool')))).toBe(
      workers.length,
    );
    for (const { environment, ports } of workers) {
      const port = environment?.VIADUCT_RECEIVER_PORT;
      expect(ports).toEqual([`${port}:${port}`]);
    }
    expect(own(({ ports }) => ports?.[0])).toBe(workers.length);
  });

  test('leave PostgreSQL, Temporal and the pages on a network without a way out', () => {
    expect(compose.networks?.inside?.internal).toBe(true);
    for (const name of ['postgres', 'temporal', 'web'])
      expect(compose.services[name]?.networks, name).toEqual(['inside']);
  });

  test('put no secret into an environment: only the paths of files', () => {
    for (const [name, { environment = {}, secrets = [] }] of Object.entries(withTls.services)) {
      for (const [variable, value] of Object.entries(environment)) {
        if (/PASSWORD|SECRET|KEY|CERT|TLS_CA|DATABASE_URL/.test(variable))
          expect(String(value), `${name}: ${variable}`).toMatch(/^\/run\/secrets(\/|$)/);
        const file = /^\/run\/secrets\/(.+)$/.exec(String(value))?.[1];
        if (file) expect(secrets, `${name}: ${variable}`).toContain(file);
      }
      for (const secret of secrets) expect(Object.keys(withTls.secrets ?? {}), name).toContain(secret);
    }
  });

  test('watch everything that goes on, and start it again', () => {
    const goingOn = Object.entries(compose.services).filter(([, { restart }]) => restart !== 'on-failure');
    for (const [name, { restart, healthcheck, profiles }] of goingOn) {
      expect(restart, name).toBe('unless-stopped');
      if (!profiles) expect(healthcheck?.test[0], name).toBe('CMD');
    }
  });

  test('keep values of failed statements out of the log of PostgreSQL', () => {
    expect(compose.services.postgres?.command).toEqual(
      expect.arrayContaining(['log_min_error_statement=panic', 'log_parameter_max_length_on_error=0']),
    );
  });
});

describe('the images', () => {
  test('of Temporal are all of one version', () => {
    const tags = ['temporal', 'temporal-schema', 'temporal-namespace'].map((name) => compose.services[name]?.image);
    expect(new Set(tags.map((image) => image?.split(':')[1]))).toEqual(new Set(['1.32.0']));
  });

  test('have the Node that this project pins', async () => {
    const { devDependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      devDependencies: { node: string };
    };
    expect(stages.get('base')?.from).toBe(`node:${devDependencies.node}-bookworm-slim`);
  });

  test.each([
    ['api', 'api'],
    ['worker', 'activities'],
  ])('hold every room that %s imports when it runs, and no other', async (target, room) => {
    const rooms = await roomsOf(room);
    const copied = stages.get(target)?.copied.filter((folder) => !['node_modules', 'scripts/'].includes(folder));
    expect(copied?.sort()).toEqual([...rooms].sort());
  });
});
