import { isUnavailable, type Database } from '@viaduct/prisma';
import type { Logger } from 'pino';

/** How often counters are read, and for how long they are kept, ms. */
const EVERY_MS = 5_000;
const WINDOW_MS = 60_000;

/** What a job stores per second, over the last minute or as long as it has been watched. */
export interface Rate {
  readonly bytes: number;
  readonly instances: number;
}

/**
 * How fast running jobs are, and how many requests nodes get: kept in the memory of this process, so that after a start
 * it takes some seconds to know.
 */
export interface Rates extends AsyncDisposable {
  /** Undefined while too little is known of the job. */
  of(jobId: string): Rate | undefined;
  /** Requests to a node in the last minute; undefined when it has no limit, or too little is known. */
  requestsTo(nodeId: string): number | undefined;
}

type Counter = 'bytes' | 'instances' | 'requests';
type Row = { readonly id: string } & { readonly [Name in Counter]: number };
type Sample = { readonly at: number } & { readonly [Name in Counter]: number };

/** The counters of jobs that run, and of nodes with a limit of requests. */
const COUNTERS = `
  SELECT id, bytes_stored::float8 AS bytes, instances_stored AS instances, 0 AS requests FROM job
  WHERE state IN ('running', 'pausing', 'canceling')
  UNION ALL SELECT node_id, 0, 0, requests::float8 FROM pacs_rate`;

/** Begins to read the counters: one small query every few seconds, a dozen samples per job and node. */
export function startRates(pool: Database['pool'], log: Logger, everyMs: number = EVERY_MS): Rates {
  let samples = new Map<string, readonly Sample[]>();

  const read = async () => {
    const { rows } = await pool.query<Row>(COUNTERS);
    const at = performance.now();
    samples = new Map(
      rows.map(({ id, ...counters }) => {
        const kept = (samples.get(id) ?? []).filter((sample) => sample.at >= at - WINDOW_MS);
        return [id, [...kept, { at, ...counters }]];
      }),
    );
  };
  let reading = read().catch(() => undefined);
  const timer = setInterval(() => {
    reading = reading.then(read).catch((error: unknown) => {
      if (!isUnavailable(error)) log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'rates not read');
    });
  }, everyMs);

  /** What a counter has grown by, and in how many seconds; a restart of tasks takes images back: that is no speed. */
  const growth = (id: string) => {
    const own = samples.get(id);
    const [first] = own ?? [];
    const last = own?.at(-1);
    if (!first || !last || last === first) return undefined;
    const grown = (name: Counter) => Math.max(0, last[name] - first[name]);
    return { grown, seconds: (last.at - first.at) / 1_000 };
  };

  return {
    of(jobId) {
      const found = growth(jobId);
      return (
        found && { bytes: found.grown('bytes') / found.seconds, instances: found.grown('instances') / found.seconds }
      );
    },
    requestsTo: (nodeId) => growth(nodeId)?.grown('requests'),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await reading;
    },
  };
}
