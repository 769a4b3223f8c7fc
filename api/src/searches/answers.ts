import type { StudyAnswer, StudyCriteria } from '@viaduct/pacs';
import type { Database } from '@viaduct/prisma';
import { keepAnswer, keepStudies, questionOf, readAnswer } from './catalogue.ts';
import type { Asking, StudySource } from './studySource.ts';

/** Answers that are read from one source; then it is told to stop. */
const READ_PER_SOURCE = 2_000;
/** Studies that go to the catalogue in one statement. */
const BATCH = 100;

/** How a search asks. */
export interface Question extends Asking {
  /** Asks the source also what it has just answered. */
  readonly fresh: boolean;
  readonly onStudy: (study: StudyAnswer) => void;
}

/** How a source has answered. */
export interface Answered {
  /** It has more to say than is read from one source. */
  readonly capped: boolean;
  /** It was not asked again: it said this then. */
  readonly retrievedAt?: Date;
}

/** What answers searches: the catalogue as long as it is fresh, else the source. */
export interface Answers {
  /** Each study once. @throws what the source throws; what it said before is kept in the catalogue */
  find(nodeId: string, criteria: StudyCriteria, question: Question): Promise<Answered>;
}

/** @param freshMinutes how long the answer to a question may serve the same question again; 0: never */
export function createAnswers(pool: Database['pool'], source: StudySource, freshMinutes: number): Answers {
  /** Questions that are being asked in this process: who asks the same waits for the answer. */
  const underWay = new Map<string, Promise<unknown>>();

  const ask = async (nodeId: string, criteria: StudyCriteria, question: Question): Promise<Answered> => {
    const begun = performance.now();
    const { uids, capped } = await readAll(pool, nodeId, source.findStudies(nodeId, criteria, question), question);
    if (!capped && !question.signal.aborted) {
      await keepAnswer(pool, nodeId, questionOf(criteria), { uids, ms: performance.now() - begun });
    }
    return { capped };
  };

  return {
    async find(nodeId, criteria, question) {
      const name = questionOf(criteria);
      const key = `${nodeId} ${name}`;
      while (!question.fresh && freshMinutes > 0) {
        // Looked up before the catalogue: it may end in between.
        const before = underWay.get(key);
        const kept = await readAnswer(pool, nodeId, name, freshMinutes);
        if (kept) {
          for (const study of kept.studies) question.onStudy(study);
          return { capped: false, retrievedAt: kept.retrievedAt };
        }
        const other = before ?? underWay.get(key);
        if (!other) break;
        await settled(other, question.signal);
        question.signal.throwIfAborted();
      }
      const asked = ask(nodeId, criteria, question);
      underWay.set(key, asked);
      try {
        return await asked;
      } finally {
        if (underWay.get(key) === asked) underWay.delete(key);
      }
    },
  };
}

/** Reads what a source finds into the catalogue, each study once, and no more than is read from one source. */
async function readAll(
  pool: Database['pool'],
  nodeId: string,
  found: AsyncIterable<StudyAnswer>,
  { onStudy }: Question,
): Promise<{ readonly uids: readonly string[]; readonly capped: boolean }> {
  const seen = new Set<string>();
  let batch: StudyAnswer[] = [];
  const keep = async () => {
    await keepStudies(pool, nodeId, batch);
    batch = [];
  };
  try {
    for await (const study of found) {
      if (seen.has(study.studyInstanceUid)) continue; // some servers repeat an answer
      if (seen.size === READ_PER_SOURCE) return { uids: [...seen], capped: true };
      seen.add(study.studyInstanceUid);
      batch.push(study);
      if (batch.length === BATCH) await keep();
      onStudy(study);
    }
    return { uids: [...seen], capped: false };
  } finally {
    await keep();
  }
}

/** Waits until a question has been answered, in whatever way, or the signal aborts. */
async function settled(asked: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    asked.then(
      () => resolve(),
      () => resolve(),
    );
  });
}
