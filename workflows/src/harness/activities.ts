import type {
  AdmitActivities,
  DbActivities,
  FindActivities,
  PseudonymizeActivities,
  RetrieveActivities,
  StoreActivities,
  VerifyActivities,
} from '../contract/index.ts';

/** Every activity of the contract. */
export interface AllActivities
  extends
    DbActivities,
    FindActivities,
    VerifyActivities,
    AdmitActivities,
    RetrieveActivities,
    PseudonymizeActivities,
    StoreActivities {}

/** What a mock activity may use: the virtual or the real world around it. */
export interface World {
  readonly queue: string;
  readonly attempt: number;
  /** ms since 1970 */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Rejects with the cancellation when the activity is cancelled. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** Mock implementations of activities. */
export type Mocks = {
  [Name in keyof AllActivities]: (
    input: Parameters<AllActivities[Name]>[0],
    world: World,
  ) => ReturnType<AllActivities[Name]>;
};
