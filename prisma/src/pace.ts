import type { Queryable } from './database.ts';

/** The pace rises by one association in so many seconds in which all goes well. */
const RISE_S = 10;
/**
 * A refusal or an abort halves it, slowness takes a quarter: once in so many seconds, and slowness only when the decrease
 * before has taken effect, that is when no more associations are open than it allows.
 */
const LOWER_ONCE_IN_S = 5;
/**
 * Slow is a gap of more than this many times the best one, and so many ms. The first gap of a node may be that of one which
 * chokes already: where it is that long, what fewer associations do shows whether it does.
 */
const SLOW_TIMES = 2;
const SLOW_MS = 200;
/** Associations of a node of which nothing is known yet. */
const FIRST = 4;
/** The best gap is forgotten in this time, as what a node can do may change for good. */
const FORGET_S = 300;

/** What a request says about how a node copes. */
export type Experience =
  /** It refused for want of resources, or broke off. */
  | 'overloaded'
  /** It did its work; with `gapMs`, the time it took on average between two instances when nothing kept it waiting. */
  | { readonly gapMs?: number };

/**
 * Adapts the pace of a node: the share of its associations and of its requests in any minute that may be used now.
 * Additive increase, multiplicative decrease, never above what is configured and never below one association.
 */
export async function reportExperience(pool: Queryable, nodeId: string, experience: Experience): Promise<void> {
  await pool.query(BEGIN, [nodeId, FIRST]);
  if (experience === 'overloaded') await pool.query(HALVE, [nodeId, LOWER_ONCE_IN_S]);
  else
    await pool.query(ADAPT, [nodeId, LOWER_ONCE_IN_S, experience.gapMs ?? null, SLOW_TIMES, SLOW_MS, FORGET_S, RISE_S]);
}

/** The associations of a node that may be open at a time now, in SQL; `n` is the node, `p` its pace or nothing. */
export const ASSOCIATIONS_NOW = `greatest(1, floor(coalesce(n.max_associations * p.pace,
  least(n.max_associations, ${FIRST})) + 0.001))::int`;

const BEGIN = `
  INSERT INTO pacs_pace (node_id, pace) SELECT id, least(1, $2::float8 / max_associations) FROM node WHERE id = $1
  ON CONFLICT DO NOTHING`;

const HALVE = `
  UPDATE pacs_pace AS p SET pace = greatest(p.pace / 2, 1.0 / n.max_associations), gap_ms = NULL,
    changed_at = clock_timestamp(), lowered_at = clock_timestamp()
  FROM node AS n WHERE p.node_id = $1 AND n.id = p.node_id
    AND p.lowered_at < clock_timestamp() - $2::float8 * interval '1 s'`;

/** After a decrease the gap is measured anew, so that what was before does not lower it again. */
const ADAPT = `
  WITH seen AS (
    SELECT p.node_id, n.max_associations AS most, extract(epoch FROM clock_timestamp() - p.changed_at)::float8 AS elapsed,
      p.lowered_at < clock_timestamp() - $2::float8 * interval '1 s' AND ${ASSOCIATIONS_NOW} >= (
        SELECT count(*) FROM pacs_slot AS s WHERE s.node_id = n.id AND s.expires_at >= clock_timestamp()) AS may_lower,
      coalesce(0.7 * p.gap_ms + 0.3 * $3::float8, $3, p.gap_ms) AS gap, p.best_gap_ms AS best
    FROM pacs_pace AS p JOIN node AS n ON n.id = p.node_id WHERE p.node_id = $1
  ), judged AS (
    SELECT seen.*, coalesce(gap > $5::float8 AND (best IS NULL OR gap > $4::float8 * best), false) AS slow FROM seen
  )
  UPDATE pacs_pace AS p SET
    pace = CASE
      WHEN j.slow AND j.may_lower THEN greatest(p.pace * 0.75, 1.0 / j.most)
      WHEN j.slow THEN p.pace
      ELSE least(1, p.pace + least(j.elapsed, $7::float8) / ($7::float8 * j.most)) END,
    gap_ms = CASE WHEN j.slow AND j.may_lower THEN NULL ELSE j.gap END,
    best_gap_ms = least(j.best * (1 + j.elapsed / $6::float8), j.gap),
    changed_at = clock_timestamp(),
    lowered_at = CASE WHEN j.slow AND j.may_lower THEN clock_timestamp() ELSE p.lowered_at END
  FROM judged AS j WHERE p.node_id = j.node_id`;
