import { may, type JobState } from '@viaduct/domain';
import type { SignedIn } from '../http/context.ts';
import { readJobRows, type ReadJob } from '../jobs/jobRows.ts';
import { readJobPage, type ReadJobPage } from '../jobs/jobView.ts';
import { readNodes } from '../nodes/nodeView.ts';
import { readDashboard, type DashboardReading } from '../operate/dashboard.ts';
import { countQueue } from '../operate/queue.ts';
import type { NodeView } from '../schemas/nodes.ts';
import type { DashboardView } from '../schemas/operate.ts';

/** What has happened since the tick before. */
export interface Changes {
  /** Jobs that the database told of. */
  readonly jobs: ReadonlySet<string>;
  /** Everything may have changed: the database could not tell. */
  readonly all: boolean;
  /** Some of what is shown changes by time alone, such as speeds: it is read again. */
  readonly refresh: boolean;
  /** It is time for nodes, dashboard and queue. */
  readonly slow: boolean;
}

/** What is known of a changed job without reading it. */
export interface JobHead {
  readonly id: string;
  readonly number: number;
  readonly state: JobState;
  readonly ownerId: string;
  readonly deleted: boolean;
  readonly statusSeq: number;
}

/** One round of telling. Whatever several readers want is read once. */
export class Tick {
  readonly changes: Changes;
  readonly #reading: DashboardReading;
  readonly #read = new Map<string, Promise<unknown>>();

  constructor(reading: DashboardReading, changes: Changes) {
    this.#reading = reading;
    this.changes = changes;
  }

  /** Whether a job may look different now. */
  touches(jobId: string): boolean {
    const { jobs, all, refresh } = this.changes;
    return all || refresh || jobs.has(jobId);
  }

  heads(): Promise<JobHead[]> {
    return this.#once('heads', async () => {
      if (this.changes.jobs.size === 0) return [];
      const { rows } = await this.#reading.database.pool.query<JobHead>(
        `SELECT id, number, state, owner_id AS "ownerId", deleted_at IS NOT NULL AS deleted, status_seq::float8 AS "statusSeq"
         FROM job WHERE id = ANY ($1::uuid[]) ORDER BY number`,
        [[...this.changes.jobs]],
      );
      return rows;
    });
  }

  rows(ids: readonly string[]): Promise<ReadJob[]> {
    return this.#once(`rows ${ids.join(' ')}`, () => readJobRows(this.#reading, ids));
  }

  page(id: string): Promise<ReadJobPage | undefined> {
    return this.#once(`page ${id}`, () => readJobPage(this.#reading, id));
  }

  nodes(): Promise<NodeView[]> {
    return this.#once('nodes', () => readNodes(this.#reading));
  }

  /** People who see everybody's jobs see the same, as far as they have the same role. */
  dashboard(actor: SignedIn): Promise<DashboardView> {
    const who = may(actor, 'operate') ? actor.role : actor.userId;
    return this.#once(`dashboard ${who}`, () => readDashboard(this.#reading, actor));
  }

  queue(): Promise<{ running: number; waiting: number }> {
    return this.#once('queue', () => countQueue(this.#reading.database.pool));
  }

  #once<T>(what: string, read: () => Promise<T>): Promise<T> {
    const known = this.#read.get(what) as Promise<T> | undefined;
    if (known) return known;
    const reading = read();
    this.#read.set(what, reading);
    return reading;
  }
}
