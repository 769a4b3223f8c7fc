import { DimseError, find, type GetRequest, type Peer } from '@viaduct/dicom/dimse';
import { required, type Options } from './command.ts';
import { uid } from './peer.ts';

/** Options of the commands that retrieve. */
export const STUDY_OPTIONS = {
  study: { type: 'string', value: 'UID', help: 'Study Instance UID' },
  series: { type: 'string', value: 'UID', multiple: true, help: 'only this series' },
} as const satisfies Options;

/** The study, and the series of it if not all are wanted. @throws UsageError */
export function wantedStudy(values: { readonly study?: string; readonly series: readonly string[] }) {
  return {
    study: uid('--study', required('--study', values.study)),
    series: values.series.map((text) => uid('--series', text)),
  };
}

/** Identifiers of a retrieve: the whole study, or one request for each series, because not every peer takes lists. */
export function studyRequest(
  studyInstanceUID: string,
  series: readonly string[],
): readonly Pick<GetRequest, 'level' | 'identifier'>[] {
  if (series.length === 0) return [{ level: 'STUDY', identifier: { StudyInstanceUID: studyInstanceUID } }];
  return series.map((SeriesInstanceUID) => ({
    level: 'SERIES',
    identifier: { StudyInstanceUID: studyInstanceUID, SeriesInstanceUID },
  }));
}

/** What the peer says of an instance; its class is empty where it names none. */
export interface ExpectedInstance {
  readonly sopClassUID: string;
  readonly seriesInstanceUID: string;
}

/** Every instance that the peer says it has, by SOP Instance UID. */
export type Expected = ReadonlyMap<string, ExpectedInstance>;

/**
 * Asks the peer which instances there are of a study or of some of its series (C-FIND at SERIES and IMAGE level).
 * @returns undefined when the peer does no queries
 * @throws DimseError as `find`
 */
export async function expectedInstances(
  peer: Peer,
  StudyInstanceUID: string,
  series: readonly string[],
  signal: AbortSignal,
): Promise<Expected | undefined> {
  const expected = new Map<string, ExpectedInstance>();
  try {
    for (const SeriesInstanceUID of await seriesOf(peer, StudyInstanceUID, series, signal)) {
      const keys = { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID: '', SOPClassUID: '' };
      for await (const { SOPInstanceUID, SOPClassUID } of find(peer, 'IMAGE', keys, { signal })) {
        if (SOPInstanceUID?.[0] === undefined) continue;
        expected.set(SOPInstanceUID[0], {
          sopClassUID: SOPClassUID?.[0] ?? '',
          seriesInstanceUID: SeriesInstanceUID,
        });
      }
    }
    return expected;
  } catch (error) {
    if (error instanceof DimseError && error.reason === 'context-not-accepted') return undefined;
    throw error;
  }
}

async function seriesOf(
  peer: Peer,
  StudyInstanceUID: string,
  series: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (series.length > 0) return series;
  const found: string[] = [];
  for await (const answer of find(peer, 'SERIES', { StudyInstanceUID, SeriesInstanceUID: '' }, { signal })) {
    found.push(...(answer['SeriesInstanceUID'] ?? []));
  }
  return found;
}
