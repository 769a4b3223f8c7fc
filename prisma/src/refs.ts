/** Ids as workflows carry them: a run of a job, a task of it, a part of that. The run number guards every write. */
export interface RunRef {
  readonly jobId: string;
  readonly runNo: number;
}
/** `taskNo` counts from 1 within the job. */
export interface TaskRef extends RunRef {
  readonly taskNo: number;
}
/** `partNo` counts from 1 within the task, over all runs. */
export interface PartRef extends TaskRef {
  readonly partNo: number;
}
/** Facts of a cause: numbers, node ids, status codes; nothing about a patient. */
export type Facts = Readonly<Record<string, string | number>>;
