/** What a part of a page wants to hear of. */
export interface Interest {
  /** This job, with those of its tasks that are on the page. */
  readonly job?: string;
  readonly tasks?: readonly number[];
  readonly topics?: readonly ('jobs' | 'nodes' | 'dashboard' | 'queue')[];
  /** The jobs that are on the page. */
  readonly rows?: readonly string[];
}

/** Where the changes come from that all parts of a page want to hear of. Without any the nodes keep the connection alive. */
export function addressOf(interests: readonly Interest[]): string {
  const query = new URLSearchParams();
  const add = (name: string, values: readonly (string | number)[]) => {
    for (const value of new Set(values)) query.append(name, String(value));
  };
  const job = interests.find((each) => each.job)?.job;
  const topics = interests.flatMap((each) => each.topics ?? []);
  if (job) query.append('job', job);
  add(
    'task',
    interests.flatMap((each) => each.tasks ?? []),
  );
  add('topic', job || topics.length > 0 ? topics : ['nodes']);
  add(
    'row',
    interests.flatMap((each) => each.rows ?? []),
  );
  return `/api/v1/events?${query}`;
}
