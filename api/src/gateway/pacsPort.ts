import type { NodeTestView } from '../schemas/nodes.ts';
import type { StudySource } from '../searches/studySource.ts';

/** What this room asks of the nodes, inside their limits. */
export interface PacsPort {
  readonly source: StudySource;
  /** Asks a node whether it works; gives up by the node's own time limits, or when the signal is aborted. */
  readonly test: (node: { readonly id: string }, signal?: AbortSignal) => Promise<NodeTestView>;
  /** Says why a folder may not be used, or undefined. Makes it when it is allowed and missing. */
  readonly refuseFolder: (path: string) => Promise<string | undefined>;
}
