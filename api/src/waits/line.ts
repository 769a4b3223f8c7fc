import type { Database } from '@viaduct/prisma';

/** A job whose studies wait for their turn. */
export interface InLine {
  readonly id: string;
  readonly number: number;
  readonly urgent: boolean;
  /** Studies of it that wait. */
  readonly waiting: number;
}

/** The jobs whose studies wait for nothing but their turn: urgent ones first, then in the order of their numbers. */
export async function readLine(pool: Database['pool']): Promise<InLine[]> {
  const { rows } = await pool.query<InLine>(
    `SELECT id, number, urgent, tasks_pending AS waiting FROM job
     WHERE state IN ('pending', 'running') AND control = 'run' AND tasks_pending > 0 AND deleted_at IS NULL
     ORDER BY urgent DESC, number`,
  );
  return rows;
}

/** How many studies of other jobs go before those of a job. */
export function aheadOf(line: readonly InLine[], job: Pick<InLine, 'number' | 'urgent'>): number {
  return line
    .filter((other) => (other.urgent === job.urgent ? other.number < job.number : other.urgent))
    .reduce((sum, { waiting }) => sum + waiting, 0);
}
