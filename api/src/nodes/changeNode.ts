import { seal, signalNodeJobs, transaction, uuidv7, webSecretPurpose, type Database } from '@viaduct/prisma';
import { gatesChangedMessage } from '../jobs/messages.ts';
import type { NodeInput, NodePatch } from '../schemas/nodes.ts';

type Values = Readonly<Record<string, unknown>>;

/** The columns of a node that an input sets: named as its fields, in PostgreSQL's way. */
function columnsOf(id: string, input: NodePatch, masterKey: Uint8Array): [column: string, value: unknown][] {
  const { webAuthSecret, windows, ...plain } = input;
  const values: Values = {
    ...plain,
    ...(windows !== undefined && { windows: windows && JSON.stringify(windows) }),
    ...(webAuthSecret !== undefined && {
      webAuthSecret: webAuthSecret && seal(masterKey, Buffer.from(webAuthSecret), webSecretPurpose(id)),
    }),
  };
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]);
}

/** Enters a node; returns its id. */
export async function insertNode(
  { pool }: Database,
  { kind, ...input }: NodeInput,
  masterKey: Uint8Array,
): Promise<string> {
  const id = uuidv7();
  // A folder is never asked for images in this release.
  const fields = kind === 'folder' ? { ...input, maySource: false } : input;
  const columns = [['id', id], ['kind', kind], ...columnsOf(id, fields, masterKey)] as const;
  await pool.query(
    `INSERT INTO node (${columns.map(([name]) => name).join(', ')}, updated_at)
     VALUES (${columns.map((_column, index) => `$${index + 1}`).join(', ')}, now())`,
    columns.map(([, value]) => value),
  );
  return id;
}

/** Changes fields of a node; jobs that work with it are told in the same transaction when its hours change. */
export async function updateNodeRow(
  { pool }: Database,
  id: string,
  input: NodePatch,
  masterKey: Uint8Array,
): Promise<void> {
  const columns = columnsOf(id, input, masterKey);
  if (columns.length === 0) return;
  const assignments = columns.map(([name], index) => `${name} = $${index + 2}`);
  await transaction(pool, async (client) => {
    await client.query(`UPDATE node SET ${assignments.join(', ')}, updated_at = now() WHERE id = $1`, [
      id,
      ...columns.map(([, value]) => value),
    ]);
    if (input.windows !== undefined) await signalNodeJobs(client, id, gatesChangedMessage);
  });
}

/** Suspends a node, and tells the jobs that work with it. Returns false when there is no such node. */
export async function suspend(
  { pool }: Database,
  id: string,
  { userId, reason }: { readonly userId: string; readonly reason: string },
): Promise<boolean> {
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE node SET suspended = true, suspended_reason = $2, suspended_by = $3, suspended_at = now(),
         suspended_cause = NULL, updated_at = now() WHERE id = $1`,
      [id, reason, userId],
    );
    await signalNodeJobs(client, id, gatesChangedMessage);
    return rowCount === 1;
  });
}

/**
 * Resumes a suspended node, and tells the jobs that wait for it. Returns false when there is no such node.
 * @param condition SQL that must hold of it
 */
export async function resume({ pool }: Database, id: string, condition = 'true'): Promise<boolean> {
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE node SET suspended = false, suspended_reason = NULL, suspended_by = NULL, suspended_at = NULL,
         suspended_cause = NULL, failures = 0, updated_at = now() WHERE id = $1 AND ${condition}`,
      [id],
    );
    if (rowCount === 1) await signalNodeJobs(client, id, gatesChangedMessage);
    return rowCount === 1;
  });
}
