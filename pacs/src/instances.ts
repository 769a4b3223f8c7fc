import type { Answer } from '@viaduct/dicom/dimse';
import { countOf, first, isRefusedQuery, type Ask } from './studies.ts';

/** A series as a node describes it. */
export interface SeriesAnswer {
  readonly seriesInstanceUid: string;
  readonly modality: string;
  readonly seriesNumber: string;
  readonly seriesDescription: string;
  readonly numberOfInstances: number | null;
}

/** An instance as a node names it. */
export interface InstanceAnswer {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopClassUid: string;
  readonly instanceNumber: string;
  readonly series: SeriesAnswer;
}

/** What a study holds: its instances by name, and how many are in series of which the node names none. */
export interface StudyContents {
  readonly series: readonly SeriesAnswer[];
  readonly instances: readonly InstanceAnswer[];
  /** Instances counted but not named, over all series; at least one for each series without names and count. */
  readonly unnamed: number;
}

function seriesOf(answer: Answer): SeriesAnswer {
  return {
    seriesInstanceUid: first(answer, 'SeriesInstanceUID'),
    modality: first(answer, 'Modality'),
    seriesNumber: first(answer, 'SeriesNumber'),
    seriesDescription: first(answer, 'SeriesDescription'),
    numberOfInstances: countOf(answer, 'NumberOfSeriesRelatedInstances'),
  };
}

/** The series of a study (C-FIND on SERIES level). */
export async function findSeries(ask: Ask, studyInstanceUid: string): Promise<SeriesAnswer[]> {
  const keys = {
    StudyInstanceUID: studyInstanceUid,
    SeriesInstanceUID: '',
    Modality: '',
    SeriesNumber: '',
    SeriesDescription: '',
    NumberOfSeriesRelatedInstances: '',
  };
  const series: SeriesAnswer[] = [];
  for await (const answer of ask('SERIES', keys)) {
    const study = first(answer, 'StudyInstanceUID');
    const found = seriesOf(answer);
    if (found.seriesInstanceUid !== '' && (study === '' || study === studyInstanceUid)) series.push(found);
  }
  return series;
}

/**
 * The instances of a series (C-FIND on IMAGE level); undefined when the node does not answer on that level.
 * @param sopClassUid what is known of their SOP class already; it is asked for if left out, which is dear for some
 * servers: Orthanc looks it up instance by instance.
 */
export async function findImages(
  ask: Ask,
  studyInstanceUid: string,
  series: SeriesAnswer,
  sopClassUid?: string,
): Promise<InstanceAnswer[] | undefined> {
  const { seriesInstanceUid } = series;
  const keys = {
    StudyInstanceUID: studyInstanceUid,
    SeriesInstanceUID: seriesInstanceUid,
    SOPInstanceUID: '',
    ...(sopClassUid === undefined && { SOPClassUID: '' }),
    InstanceNumber: '',
  };
  const images: InstanceAnswer[] = [];
  try {
    for await (const answer of ask('IMAGE', keys)) {
      const sopInstanceUid = first(answer, 'SOPInstanceUID');
      const ofSeries = first(answer, 'SeriesInstanceUID');
      if (sopInstanceUid === '' || (ofSeries !== '' && ofSeries !== seriesInstanceUid)) continue;
      images.push({
        sopInstanceUid,
        seriesInstanceUid,
        sopClassUid: first(answer, 'SOPClassUID') || (sopClassUid ?? ''),
        instanceNumber: first(answer, 'InstanceNumber'),
        series,
      });
    }
  } catch (error) {
    if (isRefusedQuery(error)) return undefined;
    throw error;
  }
  return images;
}

/**
 * What a study (or the chosen series of it) holds. Names count more than numbers, which are often stale; but a series of
 * which a node names no instance, because it does not answer on IMAGE level, is counted in `unnamed`, so that it cannot
 * be missed silently.
 * @param sopClassUids of the study, as far as the node names them for it as a whole
 */
export async function findContents(
  ask: Ask,
  {
    studyInstanceUid,
    seriesInstanceUids,
  }: { readonly studyInstanceUid: string; readonly seriesInstanceUids?: readonly string[] },
  sopClassUids: readonly string[] = [],
): Promise<StudyContents> {
  const wanted = new Set(seriesInstanceUids);
  const all = await findSeries(ask, studyInstanceUid);
  const series = wanted.size === 0 ? all : all.filter((one) => wanted.has(one.seriesInstanceUid));
  // One class cannot be that of several modalities: then the list is not complete.
  const [modality, ...others] = new Set(all.map((one) => one.modality));
  const [sopClassUid] = modality && others.length === 0 && sopClassUids.length === 1 ? sopClassUids : [];
  const instances = new Map<string, InstanceAnswer>();
  let unnamed = 0;
  for (const one of series) {
    const images = await findImages(ask, studyInstanceUid, one, sopClassUid);
    for (const image of images ?? []) instances.set(image.sopInstanceUid, image);
    if (!images?.length) unnamed += one.numberOfInstances ?? 1;
  }
  return { series, instances: [...instances.values()], unnamed };
}

/**
 * Which of the expected instances a node holds, series by series. Where a node does not name instances, a count that
 * is high enough stands for all of a series.
 * @param expected Series Instance UID → SOP Instance UIDs
 */
export async function findPresent(
  ask: Ask,
  studyInstanceUid: string,
  expected: ReadonlyMap<string, readonly string[]>,
): Promise<Set<string>> {
  const present = new Set<string>();
  let counts: Map<string, number | null> | undefined;
  for (const [seriesInstanceUid, uids] of expected) {
    const series = {
      seriesInstanceUid,
      modality: '',
      seriesNumber: '',
      seriesDescription: '',
      numberOfInstances: null,
    };
    const images = await findImages(ask, studyInstanceUid, series, '');
    if (images?.length) {
      const named = new Set(images.map((image) => image.sopInstanceUid));
      for (const uid of uids) if (named.has(uid)) present.add(uid);
      continue;
    }
    counts ??= new Map(
      (await findSeries(ask, studyInstanceUid)).map((one) => [one.seriesInstanceUid, one.numberOfInstances]),
    );
    if ((counts.get(seriesInstanceUid) ?? 0) >= uids.length) for (const uid of uids) present.add(uid);
  }
  return present;
}
