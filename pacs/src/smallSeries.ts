import type { RetrieveSelection } from './faces/face.ts';
import { findImages, findSeries, type SeriesAnswer } from './instances.ts';
import { findStudies, type Ask } from './studies.ts';

/** What is asked for when a retrieve is tried out: never more instances than `MOST_INSTANCES`. */
export interface SmallSeries {
  readonly selection: RetrieveSelection;
  readonly instances: number;
  /** SOP Instance UIDs; undefined where the node does not name them. */
  readonly named: ReadonlySet<string> | undefined;
}

/** The most instances that trying out a retrieve may ask for. */
export const MOST_INSTANCES = 20;
/** Of a series that has more, so many are asked for. */
const FEW_INSTANCES = 3;
/** Studies that are looked into; the query for them is canceled then. */
const STUDIES = 5;
/** How many days the query for studies goes back, one after the other; undefined: for ever. */
const DAYS_BACK = [30, undefined] as const;
const DAY_MS = 24 * 60 * 60_000;
/** Modalities of which one instance may be a film of hundreds of megabytes: only where there is nothing else. */
const FILMS: ReadonlySet<string> = new Set(['ES', 'IVUS', 'MG', 'NM', 'OPT', 'RF', 'SM', 'US', 'XA', 'XC']);

/** Looks for a series of few instances among some studies, the newest first where the node has new ones. */
export async function findSmallSeries(ask: Ask, now = Date.now()): Promise<SmallSeries | undefined> {
  let best: Candidate | undefined;
  for (const studyInstanceUid of await someStudies(ask, now)) {
    for (const series of await findSeries(ask, studyInstanceUid)) {
      const candidate = { studyInstanceUid, series, weight: weightOf(series) };
      if (series.numberOfInstances !== 0 && candidate.weight < (best?.weight ?? Infinity)) best = candidate;
    }
    if (best && best.weight <= MOST_INSTANCES) break;
  }
  return best && chosenOf(ask, best);
}

interface Candidate {
  readonly studyInstanceUid: string;
  readonly series: SeriesAnswer;
  readonly weight: number;
}

/** Small where a series is fit to be asked for as a whole. */
function weightOf({ modality, numberOfInstances }: SeriesAnswer): number {
  const unfit = numberOfInstances === null || FILMS.has(modality) ? 1_000_000 : 0;
  return unfit + (numberOfInstances ?? 0);
}

async function someStudies(ask: Ask, now: number): Promise<string[]> {
  const found: string[] = [];
  for (const days of DAYS_BACK) {
    const from = days && new Date(now - days * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '');
    for await (const { studyInstanceUid } of findStudies(ask, from ? { studyDateFrom: from } : {})) {
      found.push(studyInstanceUid);
      if (found.length === STUDIES) break;
    }
    if (found.length > 0) break;
  }
  return found;
}

/** The whole series where it is known to be small, else some instances of it by name. */
async function chosenOf(ask: Ask, { studyInstanceUid, series }: Candidate): Promise<SmallSeries | undefined> {
  const { seriesInstanceUid, numberOfInstances } = series;
  const selection = { studyInstanceUid, seriesInstanceUid };
  const uids = ((await findImages(ask, studyInstanceUid, series, '')) ?? []).map(
    ({ sopInstanceUid }) => sopInstanceUid,
  );
  if (uids.length > MOST_INSTANCES) {
    const few = uids.slice(0, FEW_INSTANCES);
    return { selection: { ...selection, sopInstanceUids: few }, instances: few.length, named: new Set(few) };
  }
  if (uids.length > 0) return { selection, instances: uids.length, named: new Set(uids) };
  if (numberOfInstances === null || numberOfInstances > MOST_INSTANCES) return undefined;
  return { selection, instances: numberOfInstances, named: undefined };
}
