import type { Database } from '@viaduct/prisma';
import type { DashboardView, ThroughputView } from '../schemas/operate.ts';

const BUCKET_S = 300;
const BUCKETS = 12;
/** What was read lately is good enough: it is about an hour, ms. */
const FRESH_MS = 20_000;

type View = DashboardView['throughput'];

interface Row {
  readonly nodeId: string;
  readonly name: string;
  readonly bucket: number;
  readonly retrieved: number;
  readonly stored: number;
}

/**
 * Bytes by node and bucket from the times of the ledger. Tasks that run or have ended since are found by index, and
 * their rows by the key of the ledger: what is older is not looked at.
 */
const READ = `
  WITH active AS (
    SELECT id, source_id, destination_id FROM task
    WHERE state IN ('running', 'waiting', 'pausing', 'canceling') AND job_id IN (
      SELECT id FROM job WHERE state IN ('pending', 'waiting', 'running', 'pausing', 'paused', 'canceling'))
    UNION SELECT id, source_id, destination_id FROM task WHERE ended_at >= $1
  ), moved AS (
    SELECT a.source_id AS node_id, i.retrieved_at AS at, i.bytes AS retrieved, 0 AS stored
    FROM active AS a JOIN instance AS i ON i.task_id = a.id WHERE i.retrieved_at >= $1
    UNION ALL
    SELECT a.destination_id, i.stored_at, 0, coalesce(i.out_bytes, i.bytes)
    FROM active AS a JOIN instance AS i ON i.task_id = a.id WHERE i.stored_at >= $1
  )
  SELECT n.id AS "nodeId", n.name, m.bucket, m.retrieved, m.stored FROM (
    SELECT node_id, floor(extract(epoch FROM at - $1) / $2)::int AS bucket, coalesce(sum(retrieved), 0)::float8 AS retrieved,
      coalesce(sum(stored), 0)::float8 AS stored
    FROM moved GROUP BY node_id, bucket
  ) AS m JOIN node AS n ON n.id = m.node_id ORDER BY n.name`;

/** Reads what nodes gave and took in the last hour, in buckets of 5 minutes; at most once in 20 s, whoever asks. */
export function createThroughput(pool: Database['pool']): () => Promise<View> {
  let last: { readonly at: number; readonly view: Promise<View> } | undefined;
  return () => {
    if (last && Date.now() - last.at < FRESH_MS) return last.view;
    const view = read(pool);
    last = { at: Date.now(), view };
    // What has failed is asked for again by the next one.
    view.catch(() => (last = undefined));
    return view;
  };
}

async function read(pool: Database['pool']): Promise<View> {
  // Buckets begin at full five minutes; the last one is the one that goes on.
  const end = Math.ceil(Date.now() / (BUCKET_S * 1_000)) * BUCKET_S * 1_000;
  const from = new Date(end - BUCKETS * BUCKET_S * 1_000);
  const { rows } = await pool.query<Row>(READ, [from, BUCKET_S]);
  const nodes = new Map<string, ThroughputView>();
  for (const { nodeId, name, bucket, retrieved, stored } of rows) {
    const node = nodes.get(nodeId) ?? { node: { id: nodeId, name }, retrieved: empty(), stored: empty() };
    nodes.set(nodeId, node);
    if (bucket < 0 || bucket >= BUCKETS) continue;
    node.retrieved[bucket] = retrieved;
    node.stored[bucket] = stored;
  }
  return { from: from.toISOString(), bucketSeconds: BUCKET_S, nodes: [...nodes.values()] };
}

const empty = () => Array.from({ length: BUCKETS }, () => 0);
