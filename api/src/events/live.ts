import { may, mayActOnJob, type Actor } from '@viaduct/domain';
import { listen, type Database } from '@viaduct/prisma';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EventStream } from '../http/eventStream.ts';
import { readJobs } from '../jobs/jobView.ts';
import { visibleJobs } from '../jobs/access.ts';
import type { SignedIn } from '../http/context.ts';
import { readNode } from '../nodes/nodeView.ts';
import type { JobView } from '../schemas/jobs.ts';
import { TaskWatch } from './taskWatch.ts';

/** Changes that come within this time are told as one, ms. */
const COALESCE_MS = 250;
/** While the database does not tell us of changes, we look ourselves, ms. */
const POLL_MS = 5_000;
/** Jobs of the first picture, and of what a reader has missed. */
const SNAPSHOT = 100;

/** Somebody who follows one job with its tasks, or all that they may see. */
interface Reader {
  readonly actor: SignedIn;
  readonly stream: EventStream;
  readonly jobId?: string;
}

/** Live events of this process, from one connection that listens to the database. */
export interface Live extends AsyncDisposable {
  /** Tells the reader how things are, then what changes, until the stream ends. `lastSeq` is the last id it has seen. */
  follow(reader: Reader, lastSeq: number | undefined): Promise<void>;
}

/** What live events are made from. */
export interface LiveOptions {
  readonly database: Database;
  readonly connectionString: string;
  readonly log: Logger;
  /** Something is in the outbox. */
  readonly onOutbox: () => void;
}

/** Starts listening. One reading of a changed job serves all its readers. */
export function startLive({ database, connectionString, log, onOutbox }: LiveOptions): Live {
  const readers = new Set<Reader>();
  const watches = new Map<string, TaskWatch>();
  const jobs = new Set<string>();
  const nodes = new Set<string>();
  const closing = new AbortController();
  let everything = false;
  let listening = false;
  let flushing: Promise<void> | undefined;

  const wanted = () => readers.size > 0 && (everything || jobs.size > 0 || nodes.size > 0);
  const flush = async () => {
    while (wanted() && !closing.signal.aborted) {
      await sleep(COALESCE_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      try {
        await tellChanges();
      } catch (error) {
        everything = true;
        log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'live events late');
        await sleep(POLL_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  };
  const schedule = () => {
    flushing ??= flush().finally(() => {
      flushing = undefined;
      if (wanted() && !closing.signal.aborted) schedule();
    });
  };

  const tellChanges = async () => {
    const followed = [...readers].flatMap(({ jobId }) => jobId ?? []);
    const forAll = [...readers].some(({ jobId }) => jobId === undefined);
    const ids = everything ? new Set(followed) : new Set([...jobs].filter((id) => forAll || followed.includes(id)));
    const nodeIds = [...nodes];
    const missed = everything;
    everything = false;
    jobs.clear();
    nodes.clear();
    for (const job of await readJobs(database, [...ids])) await tellJob(job);
    for (const id of nodeIds) await tellNode(id);
    if (!missed) return;
    for (const reader of readers) if (reader.jobId === undefined) await tellNewest(reader, undefined);
  };

  const tellJob = async (job: JobView) => {
    const interested = [...readers].filter((reader) => isFor(reader, job));
    for (const { stream } of interested) stream.send('job', job, String(job.statusSeq));
    const close = interested.filter(({ jobId }) => jobId === job.id);
    const watch = watches.get(job.id);
    if (close.length === 0 || !watch) return;
    for (const task of await watch.changed(job.tasks.total)) {
      for (const { stream } of close) stream.send('task', { ...task, jobId: job.id });
    }
  };

  const tellNode = async (id: string) => {
    const node = await readNode(database, id);
    for (const { stream, jobId, actor } of readers) {
      if (jobId !== undefined || !may(actor, 'search')) continue;
      if (node) stream.send('node', node);
      else stream.send('node-gone', { id });
    }
  };

  const tellNewest = async ({ actor, stream }: Reader, lastSeq: number | undefined) => {
    const open = { state: { notIn: ['canceled', 'success', 'warning', 'failure'] } };
    const rows = await database.client.job.findMany({
      where: { ...visibleJobs(actor), ...(lastSeq === undefined ? open : { statusSeq: { gt: lastSeq } }) },
      orderBy: { statusSeq: 'desc' },
      take: SNAPSHOT,
      select: { id: true },
    });
    const newest = await readJobs(
      database,
      rows.map(({ id }) => id),
    );
    for (const job of newest.toReversed()) stream.send('job', job, String(job.statusSeq));
  };

  const listener = listen({
    connectionString,
    channels: ['viaduct_job', 'viaduct_node', 'viaduct_outbox'],
    onNotify: (channel, payload) => {
      if (channel === 'viaduct_outbox') return onOutbox();
      (channel === 'viaduct_job' ? jobs : nodes).add(payload);
      if (readers.size > 0) return schedule();
      jobs.clear();
      nodes.clear();
    },
    onState: (state) => {
      listening = state === 'up';
      everything = true; // what happened in between has to be read again
      onOutbox();
      schedule();
    },
  });
  const poll = setInterval(() => {
    if (listening) return;
    everything = true;
    schedule();
  }, POLL_MS);

  return {
    async follow(reader, lastSeq) {
      const { stream, jobId } = reader;
      readers.add(reader);
      stream.signal.addEventListener('abort', () => {
        readers.delete(reader);
        if (jobId !== undefined && ![...readers].some((other) => other.jobId === jobId)) watches.delete(jobId);
      });
      if (jobId === undefined) return tellNewest(reader, lastSeq);
      const watch = new TaskWatch(database.client, jobId);
      if (!watches.has(jobId)) watches.set(jobId, watch);
      const [job] = await readJobs(database, [jobId]);
      if (!job) return;
      stream.send('job', job, String(job.statusSeq));
      for (const task of await watch.changed(job.tasks.total)) stream.send('task', { ...task, jobId });
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      clearInterval(poll);
      await listener.close();
      await flushing;
    },
  };
}

function isFor({ actor, jobId }: Reader, job: JobView): boolean {
  return jobId === undefined ? canSee(actor, job) : jobId === job.id;
}

const canSee = (actor: Actor, job: JobView) => mayActOnJob(actor, { ownerId: job.owner.id });
