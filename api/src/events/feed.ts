import type { Tick } from './tick.ts';

/** What one reader is told of one topic: at most one or two messages per tick. */
export interface Feed {
  tell(tick: Tick): Promise<void>;
}
