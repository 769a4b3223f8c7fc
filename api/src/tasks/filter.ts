import { Conditions, likeText } from '../database/conditions.ts';
import type { TaskFilter } from '../schemas/tasks.ts';

/** The node that the cause of a task's failure is about: the one it names, else that of its kind, else the source. */
export const CAUSE_NODE = `coalesce((t.cause_facts ->> 'nodeId')::uuid,
  CASE WHEN t.cause IN ('not-at-destination', 'attribute-coerced') THEN t.destination_id ELSE t.source_id END)`;

/** The conditions on `task AS t` for the tasks of a job that a filter chooses. */
export function conditionsOf(jobId: string, filter: TaskFilter): Conditions {
  const conditions = new Conditions();
  conditions.add(`t.job_id = ${conditions.value(jobId)}`);
  if (filter.state) conditions.add(`t.state = ANY (${conditions.value(filter.state)})`);
  if (filter.cause) conditions.add(`t.cause = ANY (${conditions.value(filter.cause)})`);
  if (filter.causeNodeId) {
    conditions.add(`t.cause IS NOT NULL AND ${CAUSE_NODE} = ${conditions.value(filter.causeNodeId)}`);
  }
  if (filter.nodeId) conditions.add(`${conditions.value(filter.nodeId)} IN (t.source_id, t.destination_id)`);
  if (filter.q) addText(conditions, filter.q);
  return conditions;
}

function addText(conditions: Conditions, text: string): void {
  const within = conditions.value(`%${likeText(text)}%`);
  const begins = conditions.value(`${likeText(text)}%`);
  conditions.add(`(t.study_description ILIKE ${within} OR t.patient_name ILIKE ${within}
    OR t.accession_number ILIKE ${begins} OR t.pseudonym ILIKE ${begins} OR t.patient_id ILIKE ${begins}
    OR t.study_instance_uid LIKE ${begins})`);
}
