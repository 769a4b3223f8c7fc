import type { components } from './generated/schema.ts';

type Schemas = components['schemas'];

/** Events of `/api/v1/searches/{id}/events`. Close the stream after `done`. */
export interface SearchEvents {
  study: Schemas['Study'];
  source: Schemas['SearchSource'];
  done: Schemas['SearchDone'];
}

/**
 * Events of `/api/v1/events`: with `?job=` those of one job and its tasks, with `?topic=` those of lists. At most 5 a
 * second; what changes in between comes as one.
 */
export interface LiveEvents {
  job: Schemas['Job'];
  tasks: Schemas['TasksEvent'];
  jobs: Schemas['JobsEvent'];
  nodes: Schemas['NodesEvent'];
  dashboard: Schemas['Dashboard'];
  queue: Schemas['QueueEvent'];
}

/** The part of the browser's `EventSource` that is needed here. */
export interface EventSourceLike {
  addEventListener(type: string, listener: (event: { data: string; lastEventId: string }) => void): void;
  removeEventListener(type: string, listener: (event: { data: string; lastEventId: string }) => void): void;
}

/**
 * Listens to the typed events of a stream: `events<LiveEvents>(new EventSource('/api/v1/events'), { job: show })`.
 * Returns what stops the listening; closing the source is up to its owner.
 */
export function events<E>(
  source: EventSourceLike,
  handlers: { [Name in keyof E & string]?: (data: E[Name], id: string) => void },
): () => void {
  const listeners = Object.entries<((data: never, id: string) => void) | undefined>(handlers).flatMap(
    ([name, handle]) => {
      if (!handle) return [];
      const listener = (event: { data: string; lastEventId: string }) =>
        handle(JSON.parse(event.data) as never, event.lastEventId);
      source.addEventListener(name, listener);
      return [[name, listener] as const];
    },
  );
  return () => {
    for (const [name, listener] of listeners) source.removeEventListener(name, listener);
  };
}
