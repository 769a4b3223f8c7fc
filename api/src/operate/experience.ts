import type { Database } from '@viaduct/prisma';
import type { NodeExperienceView } from '../schemas/experience.ts';

/** Studies that ended well last: so many tell what the next ones will be like. */
const REMEMBERED = 1_000;

/** By source and modalities, with the time in which any step of the source’s studies was under way; what overlaps counts once. */
const READ = `
  WITH recent AS (
    SELECT id, source_id, modalities, bytes_retrieved, instances_retrieved FROM task
    WHERE ended_at IS NOT NULL AND state IN ('success', 'warning') AND instances_retrieved > 0
    ORDER BY ended_at DESC LIMIT ${REMEMBERED}
  ), span AS (
    SELECT r.source_id, s.started_at AS begun, s.ended_at AS ended, max(s.ended_at) OVER (
      PARTITION BY r.source_id ORDER BY s.started_at, s.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS covered
    FROM recent AS r JOIN step AS s ON s.task_id = r.id WHERE s.step <> 'admit' AND s.ended_at IS NOT NULL
  ), busy AS (
    SELECT source_id, sum(greatest(0, extract(epoch FROM ended - greatest(begun, covered))))::float8 AS seconds
    FROM span GROUP BY source_id
  )
  SELECT r.source_id AS "nodeId", r.modalities, sum(r.bytes_retrieved)::float8 AS bytes,
    sum(r.instances_retrieved)::float8 AS images, coalesce(max(b.seconds), 0) AS seconds
  FROM recent AS r LEFT JOIN busy AS b ON b.source_id = r.source_id
  GROUP BY r.source_id, r.modalities ORDER BY r.source_id, images DESC`;

interface Row {
  readonly nodeId: string;
  readonly modalities: string[];
  readonly bytes: number;
  readonly images: number;
  /** Of all studies of the source. */
  readonly seconds: number;
}

/** What the latest transfers from each server were like; those that nothing came from are left out. */
export async function readExperience(pool: Database['pool']): Promise<NodeExperienceView[]> {
  const { rows } = await pool.query<Row>(READ);
  return [...Map.groupBy(rows, ({ nodeId }) => nodeId)].map(([nodeId, own]) => {
    const seconds = own[0]?.seconds ?? 0;
    const images = own.reduce((sum, row) => sum + row.images, 0);
    return {
      nodeId,
      imagesPerSecond: seconds > 0 ? images / seconds : null,
      sizes: own.map((row) => ({ modalities: row.modalities, imageBytes: Math.round(row.bytes / row.images) })),
    };
  });
}
