import { explain, isCause, type CauseFacts } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import type { FailureGroupView } from '../schemas/tasks.ts';
import { CAUSE_NODE } from './filter.ts';

interface Group {
  readonly cause: string | null;
  readonly facts: CauseFacts | null;
  readonly nodeId: string | null;
  readonly node: string | null;
  readonly studies: number;
  readonly instances: number;
  readonly taskNos: number[];
}

/** Causes of one group may differ in these facts: they count what one study lacks. */
const COUNTS = ['missing', 'instances', 'completed'] as const;

const GROUPS = `
  SELECT g.cause, g."nodeId", n.name AS node, g.facts, g.studies, g.instances, g."taskNos" FROM (
    SELECT t.cause, ${CAUSE_NODE} AS "nodeId", count(*)::int AS studies,
      sum(t.instances_failed + t.shortfall)::int AS instances,
      (array_agg(t.cause_facts ORDER BY t.task_no))[1] AS facts, (array_agg(t.task_no ORDER BY t.task_no))[1:5] AS "taskNos"
    FROM task AS t WHERE t.job_id = $1 AND t.state = 'failure' GROUP BY t.cause, 2
  ) AS g LEFT JOIN node AS n ON n.id = g."nodeId"
  ORDER BY g.studies DESC, g.cause`;

/** Why tasks of a job failed, grouped by cause and by the node that it is about; the commonest first. */
export async function readFailures(pool: Database['pool'], jobId: string): Promise<FailureGroupView[]> {
  const { rows } = await pool.query<Group>(GROUPS, [jobId]);
  return rows.map(view);
}

function view({ cause, facts, nodeId, node, studies, instances, taskNos }: Group): FailureGroupView {
  const known = isCause(cause) ? cause : 'internal';
  return {
    failure: { cause: known, ...explain(known, { ...common(facts ?? {}), missing: instances }, node ?? undefined) },
    node: nodeId && node ? { id: nodeId, name: node } : null,
    studies,
    instances,
    taskNos,
    filter: {
      state: ['failure'],
      ...(cause !== null && { cause: [cause] }),
      ...(cause !== null && nodeId && { causeNodeId: nodeId }),
    },
  };
}

const common = (facts: CauseFacts): CauseFacts =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => !(COUNTS as readonly string[]).includes(name)));
