import type { StudyAnswer, StudyCriteria } from '@viaduct/pacs';
import { uuidv7, type Database } from '@viaduct/prisma';
import type { SearchInput, SearchSourceView } from '../schemas/searches.ts';
import { createAnswers, type Answers } from './answers.ts';
import { dateOf, timeOf, toDate } from './dicomText.ts';
import { Search } from './search.ts';
import type { StudySource } from './studySource.ts';

/** A search is forgotten when nobody has asked for it for so long, ms. */
const KEEP_MS = 15 * 60_000;
/** A search that runs longer is stopped, ms. */
const RUN_MS = 5 * 60_000;
/** Searches kept at most; beyond that the one unused for longest goes. */
const KEPT = 500;

/** The searches of this process: one at a time per session. */
export interface Searches extends AsyncDisposable {
  start(sessionId: string, input: SearchInput): Search;
  /** The search if it belongs to the session and is still kept. */
  get(sessionId: string, id: string): Search | undefined;
}

/** What searches are made with. */
export interface SearchMeans {
  readonly pool: Database['pool'];
  readonly source: StudySource;
  /** How long the answer to a question may serve the same question again, minutes; 0: never. */
  readonly freshMinutes: number;
}

/** Runs searches against the sources, inside this process. */
export function createSearches({ pool, source, freshMinutes }: SearchMeans): Searches {
  const answers = createAnswers(pool, source, freshMinutes);
  const bySession = new Map<string, Search>();
  const running = new Set<Promise<void>>();

  const forget = (search: Search) => {
    search.end('stopped');
    if (bySession.get(search.sessionId) === search) bySession.delete(search.sessionId);
  };
  const sweep = () => {
    const oldest = [...bySession.values()].sort((a, b) => a.lastUsedAt - b.lastUsedAt);
    const surplus = oldest.slice(0, Math.max(0, oldest.length - KEPT));
    const expired = oldest.filter((search) => search.lastUsedAt < Date.now() - KEEP_MS);
    for (const search of new Set([...surplus, ...expired])) forget(search);
  };
  const sweeper = setInterval(sweep, 30_000);

  return {
    start(sessionId, input) {
      const before = bySession.get(sessionId);
      if (before) forget(before);
      const search = new Search(uuidv7(), sessionId, [...new Set(input.sourceIds)]);
      bySession.set(sessionId, search);
      sweep();
      const work = runSearch(answers, source, search, input).finally(() => running.delete(work));
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

async function runSearch(answers: Answers, source: StudySource, search: Search, input: SearchInput): Promise<void> {
  const deadline = setTimeout(() => search.end('stopped'), RUN_MS);
  try {
    await Promise.all(search.snapshot().sources.map(({ nodeId }) => answer(answers, source, search, nodeId, input)));
  } finally {
    clearTimeout(deadline);
    search.end('done');
  }
}

/** Never throws: what goes wrong is shown at the source. */
async function answer(
  answers: Answers,
  source: StudySource,
  search: Search,
  nodeId: string,
  input: SearchInput,
): Promise<void> {
  const { signal } = search;
  const begun = performance.now();
  let count = 0;
  const show = (state: SearchSourceView['state'], more: Pick<SearchSourceView, 'sentence' | 'retrievedAt'> = {}) => {
    const ms = Math.round(performance.now() - begun);
    if (!signal.aborted) search.update({ nodeId, state, count, ms, ...more });
  };
  const onStudy = (found: StudyAnswer) => {
    count += 1;
    search.add({ ...found, ...readable(found), modalities: [...found.modalities], nodeId });
  };
  const onWait = (sentence: string) => show('searching', { sentence });
  try {
    const { fresh = false } = input;
    const { capped, retrievedAt } = await answers.find(nodeId, criteriaOf(input), { signal, fresh, onStudy, onWait });
    show(capped ? 'capped' : 'done', retrievedAt && { retrievedAt: retrievedAt.toISOString() });
  } catch (error) {
    if (!signal.aborted) show('failed', { sentence: await source.sentence(nodeId, error) });
  }
}

const readable = (found: StudyAnswer) => ({
  patientBirthDate: dateOf(found.patientBirthDate),
  studyDate: dateOf(found.studyDate),
  studyTime: timeOf(found.studyTime),
});

/** The form of a search in the words of the gateway. */
const criteriaOf = ({ sourceIds: _, fresh: _fresh, ...input }: SearchInput): StudyCriteria => ({
  ...input,
  birthDate: toDate(input.birthDate),
  studyDateFrom: toDate(input.studyDateFrom),
  studyDateUntil: toDate(input.studyDateUntil),
});
