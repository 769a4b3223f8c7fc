import { nodeGate, type Windows } from '@viaduct/domain';
import { isUnavailable, type Database } from '@viaduct/prisma';
import type { Logger } from 'pino';
import { alone } from '../database/alone.ts';
import { resumeAnswering, suspendFailing } from './breaker.ts';

/** How often it is looked which nodes have been idle for long enough, fail, or answer again, ms. */
const LOOK_EVERY_MS = 10_000;
/** Only one process probes at a time. */
const LOCK = 'viaduct/probe';
const BREAKER_LOCK = 'viaduct/breaker';

/** What probing needs. */
export interface ProbeOptions {
  readonly database: Database;
  /** A node that nobody has asked for so long is asked, ms; 0: never. */
  readonly idleMs: number;
  /** Asks a node whether it works, and keeps what came of it with the node. */
  readonly test: (node: { readonly id: string }, signal: AbortSignal) => Promise<unknown>;
  readonly log: Logger;
  readonly lookEveryMs?: number;
}

interface Idle {
  readonly id: string;
  readonly windows: Windows | null;
}

const IDLE = `
  SELECT n.id, n.windows FROM node AS n
  WHERE n.probe AND NOT n.suspended AND (n.kind = 'folder' OR n.ae_title IS NOT NULL OR n.web_url IS NOT NULL)
    AND coalesce(greatest(n.last_contact_at, n.last_cause_at), '-infinity') < now() - $1 * interval '1 ms'
    AND NOT EXISTS (SELECT FROM pacs_slot AS s WHERE s.node_id = n.id AND s.expires_at >= clock_timestamp())
  ORDER BY n.id`;

/**
 * Asks idle nodes for a sign of life, one after the other, inside their hours. Returns how many were asked; undefined
 * when another process is at it.
 */
export async function probeIdle(
  { database: { pool }, idleMs, test }: ProbeOptions,
  signal: AbortSignal,
): Promise<number | undefined> {
  return alone(pool, LOCK, async (client) => {
    const { rows: idle } = await client.query<Idle>(IDLE, [idleMs]);
    const open = idle.filter((node) => nodeGate({ ...node, suspended: false }, Date.now()).open);
    for (const node of open) if (!signal.aborted) await test(node, signal);
    return open.length;
  });
}

async function lookAfter(options: ProbeOptions, signal: AbortSignal): Promise<void> {
  const { database, test, idleMs } = options;
  await alone(database.pool, BREAKER_LOCK, async () => {
    await suspendFailing(database);
    await resumeAnswering(database, test, signal);
  });
  if (idleMs > 0) await probeIdle(options, signal);
}

/** Probes idle nodes, suspends failing ones and resumes those that answer again, for as long as it is not closed. */
export function startProbe(options: ProbeOptions): AsyncDisposable {
  const closing = new AbortController();
  let probing: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const round = () => {
    probing = lookAfter(options, closing.signal)
      .catch((error: unknown) => {
        if (!isUnavailable(error))
          options.log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'not probed');
      })
      .finally(() => (timer = setTimeout(round, options.lookEveryMs ?? LOOK_EVERY_MS)));
  };
  timer = setTimeout(round, options.lookEveryMs ?? LOOK_EVERY_MS);
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      clearTimeout(timer);
      await probing;
      clearTimeout(timer);
    },
  };
}
