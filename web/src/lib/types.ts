/** The shapes that pages work with: those of the API, and the few that exist on screen only. */
import type { Study } from '@viaduct/client';

export type {
  Action,
  Failure,
  Instance,
  Job,
  JobState,
  Node,
  NodeTest,
  Problem,
  Project,
  Request,
  Search,
  SearchSource,
  Series,
  Session,
  Step,
  Study,
  Task,
  TaskDetail,
  Worker,
} from '@viaduct/client';

/** A study in the basket. `seriesInstanceUids` empty means the whole study. */
export interface BasketItem {
  readonly study: Study;
  readonly seriesInstanceUids: readonly string[];
  /** Images of the chosen series, where the source said so. */
  readonly chosenInstances: number | null;
}

/** What was typed into a form, by field name. */
export type Values = Readonly<Record<string, string>>;

/** What is wrong with a form, by field name; `''` holds what belongs to no field. */
export type FieldErrors = Readonly<Record<string, string>>;

/** The columns of a table. `number` aligns figures to the right, `wide` columns take what is left. */
export interface Column {
  readonly id: string;
  readonly label: string;
  readonly align?: 'left' | 'right';
  readonly hidden?: boolean;
  /** Not shown below 1,000 px, where the row has to fit a tablet. */
  readonly optional?: boolean;
}
