/** Query parameters that belong to one view of a list only: a page of it, a question or an outcome above it. */
const PASSING = ['cursor', 'ask', 'fresh', 'approved', 'rejected', 'remembered'];

/** The query of a page with some of its filters changed, from the start of its list: `?state=failure`. */
export function queryWith(search: string, change: (search: URLSearchParams) => void = () => undefined): string {
  const query = new URLSearchParams(search);
  for (const name of [...query.keys()]) {
    if (PASSING.includes(name) || name.startsWith('/')) query.delete(name);
  }
  change(query);
  return `?${query}`;
}

/** The query of a page that shows these states only; none means all. */
export function queryWithStates(search: string, states: readonly string[]): string {
  return queryWith(search, (query) => {
    query.delete('state');
    for (const state of states) query.append('state', state);
  });
}

/** Where a form action of the page is posted to, so that what the page shows stays as it is: `?tab=failures&/act`. */
export function actionIn(search: string, action: string): string {
  const query = queryWith(search).slice(1);
  return query ? `?${query}&/${action}` : `?/${action}`;
}

/** Whether two choices of states are the same. */
export function sameStates(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join() === [...b].sort().join();
}
