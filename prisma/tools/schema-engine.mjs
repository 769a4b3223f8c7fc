#!/usr/bin/env node
/**
 * Stand-in for the `schema-engine` binary that the Prisma CLI would download: the same arguments and JSON-RPC over
 * stdio, backed by the WebAssembly build of the engine and node-postgres. For authoring migrations and CI only; the
 * product applies them with src/migrate.ts.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

const CHAR_OID = 18;
const TEXT_OID = 25;
/** The CLI shows our errors under this JSON-RPC code. */
const ENGINE_ERROR = 4466;

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
/** Connection string of the configured database; absent for commands that need none. */
const url = values.datasource ? JSON.parse(values.datasource).url : undefined;
const schema = url ? (new URL(url).searchParams.get('schema') ?? undefined) : undefined;

/** Writes a line in the form that the CLI reads from an engine's stderr. */
function log(fields) {
  const entry = { timestamp: new Date().toISOString(), level: 'ERROR', fields, target: 'schema_engine::logger' };
  process.stderr.write(`${JSON.stringify(entry)}\n`);
}

/** Runs statements in the administrative database; `work` gets the client and the quoted name of ours. */
async function asAdministrator(work) {
  const address = new URL(url);
  const name = decodeURIComponent(address.pathname.slice(1));
  address.pathname = '/postgres';
  address.search = '';
  const client = new pg.Client({ connectionString: address.href });
  await client.connect();
  try {
    return await work(client, client.escapeIdentifier(name));
  } finally {
    await client.end();
  }
}

async function canConnect() {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.end();
}

/** The sub-commands `cli <name>`. */
const COMMANDS = {
  'can-connect-to-database': canConnect,
  'create-database': () => asAdministrator((client, name) => client.query(`CREATE DATABASE ${name}`)),
  'drop-database': () =>
    asAdministrator((client, name) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
};
const ERROR_CODES = { '3D000': 'P1003', '28P01': 'P1000' };

/** Runs a sub-command and returns the exit code. */
async function runCommand(name) {
  try {
    const command = COMMANDS[name];
    if (!command) throw new Error(`unsupported: ${name}`);
    await command();
    return 0;
  } catch (error) {
    process.stderr.write('\n'); // the CLI drops the first line
    log({
      is_panic: false,
      error_code: ERROR_CODES[error.code] ?? 'P1001',
      message: error.message || String(error.code ?? error),
    });
    return 1;
  }
}

/** adapter-pg does not know the type "char" (oid 18) of catalogue queries: such columns are read as text of one character. */
function readingChars(queryable) {
  const performIO = queryable.performIO.bind(queryable);
  const queryRaw = queryable.queryRaw.bind(queryable);
  queryable.performIO = async (query) => {
    const result = await performIO(query);
    result.fields?.forEach((field, index) => {
      if (field.dataTypeID !== CHAR_OID) return;
      (query.chars ??= []).push(index);
      field.dataTypeID = TEXT_OID;
    });
    return result;
  };
  queryable.queryRaw = async (query) => {
    const own = { ...query };
    const result = await queryRaw(own);
    for (const index of own.chars ?? []) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
  return queryable;
}

function poolOf(database) {
  const address = new URL(url ?? 'postgresql://127.0.0.1:1/none');
  address.searchParams.delete('schema');
  if (database) address.pathname = `/${database}`;
  return new pg.Pool({ connectionString: address.href, max: 2, options: '-c timezone=UTC' });
}

/** An adapter whose scripts go to the server whole: adapter-pg would split them at `;` and tear functions apart. */
async function adapterOf(pool, onDispose) {
  const adapter = readingChars(await new PrismaPg(pool, { schema }).connect());
  adapter.executeScript = async (script) => {
    try {
      await pool.query(script);
    } catch (error) {
      adapter.onError(error);
    }
  };
  const startTransaction = adapter.startTransaction.bind(adapter);
  adapter.startTransaction = async (...options) => readingChars(await startTransaction(...options));
  adapter.dispose = async () => {
    await pool.end();
    await onDispose?.();
  };
  return adapter;
}

/** A shadow database that really is another database: adapter-pg's own would be the main one. */
async function connectToShadow() {
  const name = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
  await asAdministrator((client) => client.query(`CREATE DATABASE "${name}" TEMPLATE template0`));
  return adapterOf(poolOf(name), () =>
    asAdministrator((client) => client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)),
  );
}

function loadEngine() {
  const folder = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'));
  const module = new WebAssembly.Module(readFileSync(path.join(folder, 'schema_engine_bg.wasm')));
  const { exports } = new WebAssembly.Instance(module, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => log({ is_panic: true, message }) };
}

let engine;
/** The engine, made when the first request needs it. */
function openEngine() {
  const datamodels = values.datamodels?.map((file) => [file, readFileSync(file, 'utf8')]);
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => adapterOf(poolOf()),
    connectToShadowDb: connectToShadow,
  });
  return (engine ??= glue.SchemaEngine.new({ datamodels }, () => {}, factory));
}

const ALIAS = { getDatabaseVersion: 'version' };
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
let printId = 1e6;

async function answer({ method, params }) {
  if (method === 'createDatabase') {
    await COMMANDS['create-database']();
    return { databaseName: new URL(url).pathname.slice(1) };
  }
  const open = await openEngine();
  // The engine judges from its cache of "the schema after these migrations", which devDiagnostic fills.
  if (method === 'evaluateDataLoss' || method === 'createMigration') {
    await open.devDiagnostic({ migrationsList: params.migrationsList, filters: params.filters });
  }
  const result = await open[ALIAS[method] ?? method](params);
  if (method === 'diff' && typeof result?.stdout === 'string') {
    send({ id: ++printId, method: 'print', params: { content: result.stdout } });
  }
  return result ?? {};
}

/** Serves requests one after the other; an answer to our own `print` has no method and is dropped. */
async function serve() {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    if (!request.method) continue;
    try {
      send({ id: request.id, result: await answer(request) });
    } catch (error) {
      const data = {
        is_panic: false,
        message: error?.message ?? String(error),
        error_code: error?.code ?? error?.error_code,
        meta: error?.meta ?? {},
      };
      send({
        id: request.id,
        error: { code: ENGINE_ERROR, message: 'An error happened. Check the data field for details.', data },
      });
    }
  }
}

loadEngine();
if (values.version) console.log('schema-engine-cli', glue.version());
else if (positionals[0] === 'cli') process.exitCode = await runCommand(positionals[1]);
else await serve();
process.exit();
