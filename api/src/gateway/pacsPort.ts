import type { Capabilities } from '@viaduct/dicom/dimse';
import type { NodeTestView } from '../schemas/nodes.ts';
import type { SeriesView } from '../schemas/searches.ts';
import type { StudySource } from '../searches/studySource.ts';

/** A study, and the series of it that an image is wanted of. */
export interface SampleStudy {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid?: string;
}

/** One image of a study, for as long as its folder is there. */
export interface Sample {
  /** Part 10 file. */
  readonly file: string;
  readonly patientId: string;
  /** All series of the study. */
  readonly series: readonly SeriesView[];
  /** Series Instance UID of the one that the image is of. */
  readonly chosen: string;
}

/** What this room asks of the nodes, inside their limits. */
export interface PacsPort {
  readonly source: StudySource;
  /** Fetches one image of a study into a folder. */
  readonly sample: (nodeId: string, study: SampleStudy, folder: string, signal: AbortSignal) => Promise<Sample>;
  /** Asks a node whether it works; gives up by the node's own time limits, or when the signal is aborted. */
  readonly test: (node: { readonly id: string }, signal?: AbortSignal) => Promise<NodeTestView>;
  /** What the DICOM face of a node accepts. */
  readonly capabilities: (nodeId: string, signal: AbortSignal) => Promise<Capabilities>;
  /** Says why a folder may not be used, or undefined. Makes it when it is allowed and missing. */
  readonly refuseFolder: (path: string) => Promise<string | undefined>;
}
