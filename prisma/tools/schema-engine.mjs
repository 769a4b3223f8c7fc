#!/usr/bin/env node
// Stand-in for the downloaded `schema-engine` binary: same argv + JSON-RPC-over-stdio, backed by the wasm build.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import path from 'node:path';
import * as bg from '@prisma/schema-engine-wasm/schema_engine_bg';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';

const require = createRequire(import.meta.url);
const dir = path.dirname(require.resolve('@prisma/schema-engine-wasm'));
const { exports: wasm } = new WebAssembly.Instance(
  new WebAssembly.Module(readFileSync(path.join(dir, 'schema_engine_bg.wasm'))),
  { './schema_engine_bg.js': bg },
);
bg.__wbg_set_wasm(wasm);
wasm.__wbindgen_start();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    datasource: { type: 'string' },
    datamodels: { type: 'string', multiple: true },
    'enabled-preview-features': { type: 'string' },
    'extension-types': { type: 'string' },
    version: { type: 'boolean', short: 'V' },
  },
});
if (values.version) {
  console.log('schema-engine-cli', bg.version());
  process.exit(0);
}
const url = values.datasource ? JSON.parse(values.datasource).url : undefined;
const log = (fields, level = 'ERROR') =>
  process.stderr.write(
    JSON.stringify({ timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' }) + '\n',
  );
const admin = async (fn) => {
  const u = new URL(url);
  const name = decodeURIComponent(u.pathname.slice(1));
  u.pathname = '/postgres';
  u.search = '';
  const c = new pg.Client({ connectionString: u.href });
  await c.connect();
  try {
    return await fn(c, c.escapeIdentifier(name));
  } finally {
    await c.end();
  }
};

if (positionals[0] === 'cli') {
  try {
    if (positionals[1] === 'can-connect-to-database') {
      const c = new pg.Client({ connectionString: url });
      await c.connect();
      await c.end();
    } else if (positionals[1] === 'create-database') await admin((c, n) => c.query(`CREATE DATABASE ${n}`));
    else if (positionals[1] === 'drop-database')
      await admin((c, n) => c.query(`DROP DATABASE IF EXISTS ${n} WITH (FORCE)`));
    else throw new Error(`unsupported: ${positionals.join(' ')}`);
    process.exit(0);
  } catch (e) {
    process.stderr.write('\n'); // the CLI drops the first stderr line
    log({
      is_panic: false,
      error_code: e.code === '3D000' ? 'P1003' : e.code === '28P01' ? 'P1000' : 'P1001',
      message: e.message || String(e.code ?? e),
    });
    process.exit(1);
  }
}

const datamodels = values.datamodels?.map((f) => [f, readFileSync(f, 'utf8')]);
const schema = url ? (new URL(url).searchParams.get('schema') ?? undefined) : undefined;
// adapter-pg 7.10 needs three corrections before the schema engine may use it: "char" (oid 18) columns,
// executeScript (upstream splits on ';' and breaks functions), and a shadow database that really is another database.
const patch = (q) => {
  const io = q.performIO.bind(q),
    raw = q.queryRaw.bind(q);
  q.performIO = async (query) => {
    const r = await io(query);
    r.fields?.forEach((f, k) => {
      if (f.dataTypeID === 18) {
        (query.chars ??= []).push(k);
        f.dataTypeID = 25;
      }
    });
    return r;
  };
  q.queryRaw = async (query) => {
    const own = { ...query };
    const r = await raw(own);
    for (const k of own.chars ?? []) r.columnTypes[k] = ColumnTypeEnum.Character;
    return r;
  };
  return q;
};
const poolOf = (database) => {
  const u = new URL(url ?? 'postgresql://127.0.0.1:1/none');
  u.searchParams.delete('schema');
  if (database) u.pathname = '/' + database;
  return new pg.Pool({ connectionString: u.href, max: 2, options: '-c timezone=UTC' });
};
const wrap = async (pool, onDispose) => {
  const a = patch(await new PrismaPg(pool, { schema }).connect());
  a.executeScript = async (script) => {
    try {
      await pool.query(script);
    } catch (e) {
      a.onError(e);
    }
  };
  const begin = a.startTransaction.bind(a);
  a.startTransaction = async (...x) => patch(await begin(...x));
  a.dispose = async () => {
    await pool.end();
    await onDispose?.();
  };
  return a;
};
const open = new Set();
const factory = bindMigrationAwareSqlAdapterFactory({
  provider: 'postgres',
  adapterName: '@prisma/adapter-pg',
  connect: async () => {
    const a = await wrap(poolOf());
    open.add(a);
    return a;
  },
  connectToShadowDb: async () => {
    const name = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
    await admin((c) => c.query(`CREATE DATABASE "${name}" TEMPLATE template0`));
    return wrap(poolOf(name), () => admin((c) => c.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)));
  },
});
globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  set_message(m) {
    log({ is_panic: true, message: m });
  },
};
let pending;
const get = () => (pending ??= bg.SchemaEngine.new({ datamodels }, () => {}, factory));
const alias = { getDatabaseVersion: 'version' };
let printId = 1e6;
const send = (m) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n');
let queue = Promise.resolve();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const m = JSON.parse(line);
    if (!m.method) return; // ack of our own `print`
    queue = queue.then(async () => {
      try {
        if (m.method === 'createDatabase') {
          await admin((c, n) => c.query(`CREATE DATABASE ${n}`));
          return send({ id: m.id, result: { databaseName: new URL(url).pathname.slice(1) } });
        }
        const engine = await get();
        // the wasm engine only evaluates from its cache of "schema after these migrations"; devDiagnostic fills it through the shadow database
        if (m.method === 'evaluateDataLoss' || m.method === 'createMigration')
          await engine.devDiagnostic({ migrationsList: m.params.migrationsList, filters: m.params.filters });
        const r = await engine[alias[m.method] ?? m.method](m.params);
        if (m.method === 'diff' && typeof r?.stdout === 'string')
          send({ id: ++printId, method: 'print', params: { content: r.stdout } });
        send({ id: m.id, result: r ?? {} });
      } catch (e) {
        const known = e?.code ?? e?.error_code;
        send({
          id: m.id,
          error: {
            code: 4466,
            message: 'An error happened. Check the data field for details.',
            data: { is_panic: false, message: e?.message ?? String(e), error_code: known, meta: e?.meta ?? {} },
          },
        });
      }
    });
  })
  .on('close', () => queue.then(() => process.exit(0)));
