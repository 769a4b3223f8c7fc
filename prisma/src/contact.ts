import { isUnreachable, type Cause } from '@viaduct/domain';
import type { Queryable } from './database.ts';

/**
 * Notes that a node has answered (null), or why it did not. What says that it cannot be reached is counted until it
 * answers again. A failure to write this down matters to nobody.
 */
export async function noteContact(pool: Queryable, nodeId: string, cause: Cause | null): Promise<void> {
  const news = cause
    ? `last_cause = $2, last_cause_at = now(), failures = failures + ${isUnreachable(cause) ? 1 : 0}`
    : 'last_contact_at = now(), failures = 0';
  await pool.query(`UPDATE node SET ${news} WHERE id = $1`, cause ? [nodeId, cause] : [nodeId]).catch(() => undefined);
}
