import type { PseudonymizerSettings } from '@viaduct/deid';
import type { InstanceOutcome, InstanceWork } from './instance.ts';

/** To a thread: an instance to work on, or one that nobody waits for any more. */
export type ToThread =
  | { readonly id: number; readonly settings: PseudonymizerSettings; readonly work: InstanceWork }
  | { readonly id: number; readonly cancel: true };

/** From a thread. An error comes as what the retry policy reads of it. */
export type FromThread = { readonly id: number } & (
  { readonly outcome: InstanceOutcome } | { readonly error: { readonly name: string; readonly code?: string } }
);
