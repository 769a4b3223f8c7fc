import type { PseudonymizerSettings } from '@viaduct/deid';
import type { InstanceOutcome, InstanceWork } from './instance.ts';

/**
 * To a thread: settings, which are large, to be kept in one of its places instead of those before; an instance to work on by the settings
 * of a place; or one that nobody waits for any more.
 */
export type ToThread =
  | { readonly place: number; readonly settings: PseudonymizerSettings }
  | { readonly place: number; readonly id: number; readonly work: InstanceWork }
  | { readonly id: number; readonly cancel: true };

/** From a thread. An error comes as what the retry policy reads of it. */
export type FromThread = { readonly id: number } & (
  { readonly outcome: InstanceOutcome } | { readonly error: { readonly name: string; readonly code?: string } }
);
