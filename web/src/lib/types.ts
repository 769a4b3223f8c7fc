/** The shapes that pages work with: those of the API, and the few that exist on screen only. */
import type { Study } from '@viaduct/client';

export type {
  ActionInput,
  BulkAnswer,
  BulkInput,
  Dashboard,
  Effect,
  Failure,
  FailureGroup,
  Found,
  Gate,
  HeldImage,
  HeldPicture,
  Instance,
  Job,
  JobAction,
  JobRow,
  JobState,
  LogEntry,
  Needed,
  Node,
  NodeExperience,
  FaceTest,
  NodeCapabilities,
  MoveTest,
  NodeTest,
  Preview,
  Problem,
  ProfileContent,
  ProfileRow,
  Project,
  QueueItem,
  Receiver,
  Reference,
  Request,
  Schedule,
  ScheduleInput,
  Search,
  SearchSource,
  Series,
  Session,
  SignIn,
  Step,
  Study,
  Task,
  TaskAction,
  TaskDetail,
  TaskFilter,
  TasksActionAnswer,
  Throughput,
  Wait,
  Windows,
  Worker,
  WithheldSeries,
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

/** A column of a table. */
export interface Column {
  readonly id: string;
  readonly label: string;
  /** Figures stand to the right. */
  readonly align?: 'right';
  /** Its cells name their row. */
  readonly header?: boolean;
  /** The label is heard only. */
  readonly hidden?: boolean;
  /** Not shown below 1,024 px, where the row has to fit a tablet. */
  readonly optional?: boolean;
  /** Shown only where somebody has chosen it. */
  readonly off?: boolean;
  /** Cannot be turned off. */
  readonly fixed?: boolean;
  /** The value of `sort` in the address that sorts by it. */
  readonly sort?: string;
  /** Further classes of its cells. */
  readonly class?: string;
}
