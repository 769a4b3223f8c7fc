import type { StudyAnswer, StudyCriteria } from '@viaduct/pacs';
import { uuidv7, type Database } from '@viaduct/prisma';
import type { SearchInput, SearchSourceView } from '../schemas/searches.ts';
import { keepStudies } from './catalogue.ts';
import { dateOf, timeOf, toDate } from './dicomText.ts';
import { Search } from './search.ts';
import type { StudySource } from './studySource.ts';

/** Answers that are read from one source; then it is told to stop. */
const READ_PER_SOURCE = 2_000;
/** Studies that go to the catalogue in one statement. */
const BATCH = 100;

/** Time limits and sizes of the searches of one process. */
export interface SearchLimits {
  /** A search is forgotten when nobody has asked for it for so long, ms. */
  readonly keepMs: number;
  /** A search that runs longer is stopped, ms. */
  readonly runMs: number;
  /** Searches kept at most; beyond that the one unused for longest goes. */
  readonly kept: number;
}
const LIMITS: SearchLimits = { keepMs: 15 * 60_000, runMs: 5 * 60_000, kept: 500 };

/** The searches of this process: one at a time per session. */
export interface Searches extends AsyncDisposable {
  start(sessionId: string, input: SearchInput): Search;
  /** The search if it belongs to the session and is still kept. */
  get(sessionId: string, id: string): Search | undefined;
}

/** Runs searches against the sources, inside this process. */
export function createSearches(pool: Database['pool'], source: StudySource, limits: SearchLimits = LIMITS): Searches {
  const bySession = new Map<string, Search>();
  const running = new Set<Promise<void>>();

  const forget = (search: Search) => {
    search.end('stopped');
    if (bySession.get(search.sessionId) === search) bySession.delete(search.sessionId);
  };
  const sweep = () => {
    const oldest = [...bySession.values()].sort((a, b) => a.lastUsedAt - b.lastUsedAt);
    const surplus = oldest.slice(0, Math.max(0, oldest.length - limits.kept));
    const expired = oldest.filter((search) => search.lastUsedAt < Date.now() - limits.keepMs);
    for (const search of new Set([...surplus, ...expired])) forget(search);
  };
  const sweeper = setInterval(sweep, Math.min(limits.keepMs, 30_000));

  return {
    start(sessionId, input) {
      const before = bySession.get(sessionId);
      if (before) forget(before);
      const search = new Search(uuidv7(), sessionId, [...new Set(input.sourceIds)]);
      bySession.set(sessionId, search);
      sweep();
      const work = runSearch(pool, source, search, input, limits.runMs).finally(() => running.delete(work));
      running.add(work);
      return search;
    },
    get(sessionId, id) {
      const search = bySession.get(sessionId);
      if (search?.id !== id) return undefined;
      search.lastUsedAt = Date.now();
      return search;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sweeper);
      for (const search of bySession.values()) search.end('stopped');
      await Promise.allSettled(running);
    },
  };
}

async function runSearch(
  pool: Database['pool'],
  source: StudySource,
  search: Search,
  input: SearchInput,
  runMs: number,
): Promise<void> {
  const criteria = criteriaOf(input);
  const deadline = setTimeout(() => search.end('stopped'), runMs);
  try {
    await Promise.all(search.snapshot().sources.map(({ nodeId }) => askSource(pool, source, search, nodeId, criteria)));
  } finally {
    clearTimeout(deadline);
    search.end('done');
  }
}

/** Never throws: what goes wrong is shown at the source. */
async function askSource(
  pool: Database['pool'],
  source: StudySource,
  search: Search,
  nodeId: string,
  criteria: StudyCriteria,
): Promise<void> {
  const begun = performance.now();
  let count = 0;
  const show = (state: SearchSourceView['state'], sentence?: string) => {
    const ms = Math.round(performance.now() - begun);
    search.update({ nodeId, state, count, ms, ...(sentence && { sentence }) });
  };
  const seen = new Set<string>();
  let batch: StudyAnswer[] = [];
  const keep = async () => {
    await keepStudies(pool, nodeId, batch);
    batch = [];
  };
  try {
    let capped = false;
    const asking = { signal: search.signal, onWait: (sentence: string) => show('searching', sentence) };
    for await (const found of source.findStudies(nodeId, criteria, asking)) {
      if (seen.has(found.studyInstanceUid)) continue; // some servers repeat an answer
      capped = seen.size === READ_PER_SOURCE;
      if (capped) break;
      seen.add(found.studyInstanceUid);
      count = seen.size;
      batch.push(found);
      if (batch.length === BATCH) await keep();
      search.add({ ...found, ...readable(found), modalities: [...found.modalities], nodeId });
    }
    await keep();
    if (!search.signal.aborted) show(capped ? 'capped' : 'done');
  } catch (error) {
    await keep().catch(() => undefined);
    if (!search.signal.aborted) show('failed', await source.sentence(nodeId, error));
  }
}

const readable = (found: StudyAnswer) => ({
  patientBirthDate: dateOf(found.patientBirthDate),
  studyDate: dateOf(found.studyDate),
  studyTime: timeOf(found.studyTime),
});

/** The form of a search in the words of the gateway. */
const criteriaOf = ({ sourceIds: _, ...input }: SearchInput): StudyCriteria => ({
  ...input,
  birthDate: toDate(input.birthDate),
  studyDateFrom: toDate(input.studyDateFrom),
  studyDateUntil: toDate(input.studyDateUntil),
});
