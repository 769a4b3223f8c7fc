import type { Queryable } from './database.ts';

/** Associations of a node of which nothing is known yet. */
const FIRST = 4;
/**
 * The pace rises by one association when all has gone well for so many seconds: fewer when requests have shown it that ran
 * with all that are allowed open, more where as many as were too many the last time are tried again.
 */
const RISE_S = 10;
const RISE_SHOWN_S = 4;
const TRY_AGAIN_S = 30;
/** Events within so many seconds of a decrease are those that it answers. */
const LOWER_ONCE_IN_S = 5;
/**
 * Slow is a gap of more than this many times the best one, and so many ms. The first gap of a node may be that of one which
 * chokes already: where it is that long, what fewer associations do shows whether it does.
 */
const SLOW_TIMES = 2;
const SLOW_MS = 200;
/** The best gap is forgotten over this many reports, as it may have been luck. */
const FORGET = 500;

/** What a request says about how a node copes. */
export type Experience =
  /** It refused for want of resources, or broke off. */
  | 'overloaded'
  /**
   * It did its work; with `gapMs`, the time it took on average between two instances when nothing kept it waiting, in the
   * `measuredMs` before this report (0 unless told).
   */
  | { readonly gapMs?: number; readonly measuredMs?: number };

/**
 * Adapts the pace of a node: the share of its associations and of its requests in any minute that may be used now.
 * Additive increase, multiplicative decrease, never above what is configured and never below one association.
 *
 * Two signals. The gap between instances says soon that a node is slow, whoever is to blame: then fewer associations are
 * tried, and what was too many is remembered (the ceiling), so that the pace settles below it and tries it again only now and
 * then. Throughput (associations by gap) says whether that was right: where fewer associations bring less than the ceiling
 * did, the node does not choke on them; the decrease is taken back, and the longer gap counts as normal. Throughput alone
 * would not do: it falls as well when there is less to ask for, and it shows nothing while nothing comes.
 *
 * A gap says something about a pace only when it was measured entirely at it, with no more associations open than it allows.
 */
export async function reportExperience(pool: Queryable, nodeId: string, experience: Experience): Promise<void> {
  await pool.query(BEGIN, [nodeId]);
  if (experience === 'overloaded') await pool.query(HALVE, [nodeId]);
  else await pool.query(ADAPT, [nodeId, experience.gapMs ?? null, experience.measuredMs ?? 0]);
}

/** The associations of a node that may be open at a time now, in SQL; `n` is the node, `p` its pace or nothing. */
export const ASSOCIATIONS_NOW = `greatest(1, floor(coalesce(n.max_associations * p.pace,
  least(n.max_associations, ${FIRST})) + 0.001))::int`;

const LOWERED_LATELY = `p.lowered_at >= clock_timestamp() - ${LOWER_ONCE_IN_S} * interval '1 s'`;

const BEGIN = `
  INSERT INTO pacs_pace (node_id, pace) SELECT id, least(1, ${FIRST}::float8 / max_associations) FROM node WHERE id = $1
  ON CONFLICT DO NOTHING`;

const HALVE = `
  UPDATE pacs_pace AS p SET pace = greatest(p.pace / 2, 1.0 / n.max_associations), gap_ms = NULL,
    ceiling = ${ASSOCIATIONS_NOW}, ceiling_gap_ms = NULL, changed_at = clock_timestamp(), lowered_at = clock_timestamp()
  FROM node AS n WHERE p.node_id = $1 AND n.id = p.node_id AND NOT (${LOWERED_LATELY})`;

/** Locks the pace first: what many processes report at once is judged one after the other. */
const ADAPT = `
  WITH seen AS (
    SELECT p.*, n.max_associations AS most, ${ASSOCIATIONS_NOW} AS allowed, ${LOWERED_LATELY} AS lowered_lately,
      extract(epoch FROM clock_timestamp() - p.changed_at)::float8 AS age,
      (SELECT count(*) FROM pacs_slot AS s WHERE s.node_id = n.id AND s.expires_at >= clock_timestamp()) AS open
    FROM pacs_pace AS p JOIN node AS n ON n.id = p.node_id WHERE p.node_id = $1 FOR UPDATE OF p
  ), measured AS (
    SELECT *, open <= allowed AS settled, open <= allowed AND $2::float8 IS NOT NULL AND $3::float8 <= 1000 * age AS fresh
    FROM seen
  ), smoothed AS (
    SELECT *, fresh AND open = allowed AS shown,
      CASE WHEN fresh THEN coalesce(0.7 * gap_ms + 0.3 * $2, $2) ELSE gap_ms END AS gap
    FROM measured
  ), judged AS (
    SELECT *, coalesce(gap > ${SLOW_MS} AND (best_gap_ms IS NULL OR gap > ${SLOW_TIMES} * best_gap_ms), false) AS slow,
      age >= CASE WHEN allowed + 1 = ceiling THEN ${TRY_AGAIN_S} WHEN shown THEN ${RISE_SHOWN_S} ELSE ${RISE_S} END AS held
    FROM smoothed
  ), answered AS (
    SELECT *, settled AND held AND NOT slow AS well,
      coalesce(shown AND age >= ${RISE_SHOWN_S} AND (allowed = 1 OR NOT slow) AND allowed < ceiling
        AND allowed * ceiling_gap_ms < 0.9 * ceiling * gap, false) AS in_vain
    FROM judged
  ), decided AS (
    SELECT *, greatest(1, least(most, CASE
      WHEN in_vain THEN ceiling
      WHEN slow AND settled AND NOT lowered_lately THEN
        CASE WHEN allowed >= ceiling THEN allowed - 1 ELSE floor(0.75 * allowed)::int END
      WHEN well THEN allowed + 1
      ELSE allowed END)) AS next
    FROM answered
  )
  UPDATE pacs_pace AS p SET
    pace = CASE WHEN next = allowed THEN p.pace ELSE next::float8 / most END,
    gap_ms = CASE WHEN next = allowed THEN gap END,
    best_gap_ms = CASE
      WHEN in_vain THEN d.ceiling_gap_ms
      WHEN fresh THEN least(d.best_gap_ms * (1 + 1.0 / ${FORGET}), gap)
      ELSE p.best_gap_ms END,
    ceiling = CASE WHEN next < allowed THEN allowed WHEN in_vain OR well AND allowed >= d.ceiling THEN NULL ELSE d.ceiling END,
    ceiling_gap_ms = CASE WHEN next < allowed THEN CASE WHEN shown THEN gap END ELSE d.ceiling_gap_ms END,
    changed_at = CASE WHEN next = allowed AND settled THEN d.changed_at ELSE clock_timestamp() END,
    lowered_at = CASE WHEN next < allowed THEN clock_timestamp() ELSE d.lowered_at END
  FROM decided AS d WHERE p.node_id = d.node_id`;
