import { may } from '@viaduct/domain';
import type { Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import type { EventStream } from '../http/eventStream.ts';
import { visibleJobs } from '../jobs/access.ts';
import { forActor } from '../jobs/jobRows.ts';
import type { JobRowView } from '../schemas/jobs.ts';
import type { JobsEventView } from '../schemas/events.ts';
import type { Feed } from './feed.ts';
import { Seen } from './seen.ts';
import type { JobHead, Tick } from './tick.ts';

/** Rows, and jobs that are not on the page, in one message at most. */
const ROWS = 100;
const OTHERS = 200;

/** What a reader of the list sees. */
export interface JobsReader {
  readonly actor: SignedIn;
  readonly stream: EventStream;
  /** The jobs that are on the page; undefined: every job that changes is sent as a row. */
  readonly onPage: readonly string[] | undefined;
  /** The last id of an event that the reader has seen. */
  readonly lastSeq: number | undefined;
}

/** The list of jobs: rows of the page that look different, and which other jobs have changed or are new. */
export class JobsFeed implements Feed {
  readonly #client: Database['client'];
  readonly #reader: JobsReader;
  readonly #seen = new Seen<JobRowView>(({ id }) => id);
  #began = false;

  constructor(client: Database['client'], reader: JobsReader) {
    this.#client = client;
    this.#reader = reader;
  }

  async tell(tick: Tick): Promise<void> {
    const { actor, onPage } = this.#reader;
    const heads = (await tick.heads()).filter(({ ownerId }) => may(actor, 'operate') || ownerId === actor.userId);
    const changed = heads.filter(({ deleted }) => !deleted);
    const event: JobsEventView = {
      rows: await this.#rows(tick, changed),
      others: onPage ? others(changed, onPage) : [],
      gone: heads.filter(({ deleted, id }) => deleted && (onPage?.includes(id) ?? true)).map(({ id }) => id),
    };
    if (event.rows.length + event.others.length + event.gone.length === 0) return;
    const seq = Math.max(...heads.map(({ statusSeq }) => statusSeq), ...event.rows.map(({ statusSeq }) => statusSeq));
    this.#reader.stream.send('jobs', event, Number.isFinite(seq) ? String(seq) : undefined);
  }

  async #rows(tick: Tick, changed: readonly JobHead[]): Promise<JobRowView[]> {
    const { actor, onPage } = this.#reader;
    const ids = onPage ? onPage.filter((id) => tick.touches(id)) : await this.#anywhere(tick, changed);
    const read = await tick.rows(ids);
    const mine = read.filter(({ view }) => may(actor, 'operate') || view.owner.id === actor.userId);
    const rows = this.#seen.changed(mine.map((job) => forActor(job, actor)));
    // Without a page nothing is remembered: jobs come and go.
    if (!onPage) this.#seen.gone(new Set());
    return rows;
  }

  /** Without a page: what has changed; at first, and when that is not known, the newest that are open or were missed. */
  async #anywhere(tick: Tick, changed: readonly JobHead[]): Promise<string[]> {
    if (this.#began && !tick.changes.all) return changed.slice(-ROWS).map(({ id }) => id);
    const lastSeq = this.#began ? undefined : this.#reader.lastSeq;
    this.#began = true;
    const open = { state: { notIn: ['canceled', 'success', 'warning', 'failure'] } };
    const rows = await this.#client.job.findMany({
      where: { ...visibleJobs(this.#reader.actor), ...(lastSeq === undefined ? open : { statusSeq: { gt: lastSeq } }) },
      orderBy: { statusSeq: 'desc' },
      take: ROWS,
      select: { id: true },
    });
    return rows.map(({ id }) => id).toReversed();
  }
}

const others = (changed: readonly JobHead[], onPage: readonly string[]) =>
  changed
    .filter(({ id }) => !onPage.includes(id))
    .slice(-OTHERS)
    .map(({ id, number, state }) => ({ id, number, state }));
