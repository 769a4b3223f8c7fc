import type { StudyAnswer, StudyCriteria } from '@viaduct/pacs';
import type { SeriesView } from '../schemas/searches.ts';

/** Stops a question and hears, as a sentence, that it has to wait for its turn. */
export interface Asking {
  readonly signal: AbortSignal;
  readonly onWait?: (sentence: string) => void;
}

/** The part of the gateway to the nodes that searches use. */
export interface StudySource {
  /** Ends early when the consumer stops or the signal aborts; then also at the source. */
  findStudies(nodeId: string, criteria: StudyCriteria, asking: Asking): AsyncIterable<StudyAnswer>;
  findSeries(nodeId: string, studyInstanceUid: string, asking: Asking): Promise<SeriesView[]>;
  /** The sentence for what `findStudies` and `findSeries` threw; never about a patient. */
  sentence(nodeId: string, error: unknown): Promise<string>;
}
