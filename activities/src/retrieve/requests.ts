import type { KnownSeries } from './known.ts';

/** What of a study a request asks for; without series the whole study, without instances whole series. */
export interface RetrieveSelection {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid?: string;
  readonly sopInstanceUids?: readonly string[];
  /** How many instances are expected to come. */
  readonly instances: number;
}

/** UIDs in one list: about 16 KB, which every PACS takes. */
const LIST_LENGTH = 250;

export interface SelectionInput {
  readonly studyInstanceUid: string;
  /** Series Instance UID of each instance that is wanted. */
  readonly wanted: ReadonlyMap<string, string>;
  /** All instances of the task by series, as the ledger knows them. */
  readonly known: ReadonlyMap<string, Pick<KnownSeries, 'instances'>>;
  /** The study may be asked for in one: the task is about all of it, no rule leaves anything out, one association is enough. */
  readonly isWholeStudy: boolean;
}

/**
 * The requests for exactly the instances that are wanted, as few as possible: one for the study when all of it is wanted,
 * one for each series of which all is wanted, lists of instances for the rest (PS3.4 §C.4.2.1.4, §C.4.3.1.3).
 */
export function selectionsFor({ studyInstanceUid, wanted, known, isWholeStudy }: SelectionInput): RetrieveSelection[] {
  const bySeries = new Map<string, string[]>();
  for (const [uid, series] of wanted) {
    const list = bySeries.get(series);
    if (list) list.push(uid);
    else bySeries.set(series, [uid]);
  }
  const isComplete = (series: string) => bySeries.get(series)?.length === known.get(series)?.instances;
  if (isWholeStudy && wanted.size > 0 && [...known.keys()].every(isComplete)) {
    return [{ studyInstanceUid, instances: wanted.size }];
  }
  return [...bySeries].flatMap(([seriesInstanceUid, uids]) => {
    if (isComplete(seriesInstanceUid)) return [{ studyInstanceUid, seriesInstanceUid, instances: uids.length }];
    const lists = Array.from({ length: Math.ceil(uids.length / LIST_LENGTH) }, (_, index) =>
      uids.slice(index * LIST_LENGTH, (index + 1) * LIST_LENGTH),
    );
    return lists.map((sopInstanceUids) => ({
      studyInstanceUid,
      seriesInstanceUid,
      sopInstanceUids,
      instances: sopInstanceUids.length,
    }));
  });
}
