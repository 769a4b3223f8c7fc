import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.ts';

/** Anything that runs SQL: the pool, or one client inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** The open database of a process: Prisma for the ordinary, `pool` for the raw SQL of this room. */
export interface Database extends AsyncDisposable {
  readonly client: PrismaClient;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly connectionString: string;
  /** Connections that this process opens at most; 10 by default. */
  readonly poolSize?: number;
  /** How long a statement waits for what another transaction holds, ms; as long as it takes by default. */
  readonly lockTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 60_000;

/** Byte counts and sequence numbers fit a JavaScript number; fences are read as text. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/** Opens the database. Connections are made on demand, so this succeeds while the server is still starting. */
export function openDatabase({ connectionString, poolSize = 10, lockTimeoutMs = 0 }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString,
    max: poolSize,
    types,
    options: `-c timezone=UTC -c lock_timeout=${lockTimeoutMs}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
  });
  pool.on('error', () => undefined); // an idle connection broke; the pool drops it and the next query gets a new one
  const client = new PrismaClient({ adapter: new PrismaPg(pool) });
  const close = async () => {
    await client.$disconnect();
    await pool.end();
  };
  return { client, pool, close, [Symbol.asyncDispose]: close };
}

const UNAVAILABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'P1001',
  'P1002',
  'P1017',
]);

/** Whether a statement gave up because another transaction held what it needed for too long (`lockTimeoutMs`). */
export function isHeld(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}

/** Whether an error says that the database cannot be reached now, so that trying again later makes sense. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  // Classes 08 (connection), 53 (resources), 57P (shutting down, starting up) of PostgreSQL's error codes.
  return (
    UNAVAILABLE.has(code) ||
    /^(08|53|57P)/.test(code) ||
    /connection (terminated|timeout)|timeout exceeded/i.test(error.message)
  );
}
