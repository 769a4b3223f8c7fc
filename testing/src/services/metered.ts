import type { Database } from '@viaduct/prisma';

/** A database whose limits of bytes in a second hold nothing back, but count. */
export interface Metered {
  readonly database: Database;
  /** Bytes that were asked for, to a node and from it together. */
  readonly asked: (nodeId: string) => number;
}

/** Gives out at once as many bytes as are asked for, whatever the limit of a node is, and nothing ahead. */
export function metered(database: Database): Metered {
  const asked = new Map<string, number>();
  const grant = (nodeId: string, bytes: number) => {
    asked.set(nodeId, (asked.get(nodeId) ?? 0) + bytes);
    return { rows: [{ bytes, waitMs: 0 }] };
  };
  const { pool } = database;
  const query = (text: string, values: readonly unknown[]) =>
    text.includes('bytes_until') ? grant(String(values[0]), Number(values[1])) : pool.query(text, [...values]);
  const counting = new Proxy(pool, {
    get: (target, name): unknown =>
      name === 'query' ? async (...all: Parameters<typeof query>) => query(...all) : Reflect.get(target, name),
  });
  return { database: { ...database, pool: counting }, asked: (nodeId) => asked.get(nodeId) ?? 0 };
}
