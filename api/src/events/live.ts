import { isUnavailable, listen } from '@viaduct/prisma';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { SignedIn } from '../http/context.ts';
import type { EventStream } from '../http/eventStream.ts';
import type { DashboardReading } from '../operate/dashboard.ts';
import type { Topic } from '../schemas/system.ts';
import type { Feed } from './feed.ts';
import { JobFeed } from './jobFeed.ts';
import { JobsFeed } from './jobsFeed.ts';
import { dashboardFeed, nodesFeed, queueFeed } from './slowFeeds.ts';
import { Tick, type Changes } from './tick.ts';

/** Changes that come within this time are told as one, ms. */
const TICK_MS = 500;
/**
 * Nodes, dashboard and queue are told of every so many ticks, after a change of a node already after fewer. A job and its
 * tasks are two messages a tick, all topics together five in two ticks: no reader gets more than 5 a second.
 */
const SLOW_EVERY = 4;
const SOON_EVERY = 2;
/** Every so many ticks what changes by time alone is read again. */
const REFRESH_EVERY = 10;
/** After an error, and while the database does not tell us of changes, ms. */
const POLL_MS = 5_000;

/** Somebody who follows one job with its tasks, or topics. */
export interface Reader {
  readonly actor: SignedIn;
  readonly stream: EventStream;
  readonly lastSeq: number | undefined;
  readonly what:
    | { readonly jobId: string; readonly taskNos: readonly number[] | undefined }
    | { readonly topics: readonly Topic[]; readonly onPage: readonly string[] | undefined };
}

/** Live events of this process, from one connection that listens to the database. */
export interface Live extends AsyncDisposable {
  /** Tells the reader how things are, then what changes, until the stream ends. */
  follow(reader: Reader): Promise<void>;
}

/** What live events are made from. */
export interface LiveOptions {
  readonly reading: DashboardReading;
  readonly connectionString: string;
  readonly log: Logger;
  /** Something is in the outbox. */
  readonly onOutbox: () => void;
}

/** Starts listening. One reading of what has changed serves all readers. */
export function startLive({ reading, connectionString, log, onOutbox }: LiveOptions): Live {
  const followers = new Map<EventStream, readonly Feed[]>();
  const closing = new AbortController();
  let jobs = new Set<string>();
  let nodesChanged = false;
  let all = false;
  let listening = false;
  let lastSlow = 0;

  /** What has happened so far; from then on it counts as told. */
  const take = (count: number): Changes => {
    const refresh = count % REFRESH_EVERY === 0;
    const slow = count - lastSlow >= (nodesChanged ? SOON_EVERY : SLOW_EVERY);
    const changes = { jobs, all: all || (refresh && !listening), refresh, slow };
    jobs = new Set();
    all = false;
    if (slow) {
      lastSlow = count;
      nodesChanged = false;
    }
    return changes;
  };
  /** Whoever cannot be told shall come again; without the database nobody can. */
  const tell = async (stream: EventStream, feeds: readonly Feed[], tick: Tick) => {
    try {
      for (const feed of feeds) await feed.tell(tick);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'a reader of live events was not told');
      stream.end();
    }
  };
  const tellAll = async () => {
    for (let count = 1; !closing.signal.aborted; count++) {
      await sleep(TICK_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      const changes = take(count);
      if (followers.size === 0) continue;
      const tick = new Tick(reading, changes);
      try {
        for (const [stream, feeds] of followers) await tell(stream, feeds, tick);
      } catch {
        all = true; // whoever has missed something gets it later
        log.warn('live events late: database not available');
        await sleep(POLL_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  };

  const listener = listen({
    connectionString,
    channels: ['viaduct_job', 'viaduct_node', 'viaduct_outbox'],
    onNotify: (channel, payload) => {
      if (channel === 'viaduct_outbox') onOutbox();
      else if (channel === 'viaduct_node') nodesChanged = true;
      else if (followers.size > 0) jobs.add(payload);
    },
    onState: (state) => {
      listening = state === 'up';
      all = true; // what happened in between has to be read again
      onOutbox();
    },
  });
  const telling = tellAll();

  return {
    async follow(reader) {
      const { stream } = reader;
      const own = feedsOf(reading, reader).map(inTurn);
      // What happens while the first picture is drawn comes with the next tick.
      followers.set(stream, own);
      stream.signal.addEventListener('abort', () => followers.delete(stream), { once: true });
      if (stream.signal.aborted) followers.delete(stream);
      const first = new Tick(reading, { jobs: new Set(), all: true, refresh: true, slow: true });
      await tell(stream, own, first);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await listener.close();
      await telling;
    },
  };
}

function feedsOf(reading: DashboardReading, { actor, stream, lastSeq, what }: Reader): Feed[] {
  const { database } = reading;
  if ('jobId' in what) return [new JobFeed(database, { actor, stream }, what.jobId, what.taskNos)];
  const made: Readonly<Record<Topic, () => Feed>> = {
    jobs: () => new JobsFeed(database.client, { actor, stream, lastSeq, onPage: what.onPage }),
    nodes: () => nodesFeed(stream),
    dashboard: () => dashboardFeed(stream, actor),
    queue: () => queueFeed(stream),
  };
  return [...new Set(what.topics)].map((topic) => made[topic]());
}

/** One telling after the other: an older picture never overtakes a newer one. */
function inTurn(feed: Feed): Feed {
  let before: Promise<void> = Promise.resolve();
  return { tell: (tick) => (before = before.catch(() => undefined).then(() => feed.tell(tick))) };
}
