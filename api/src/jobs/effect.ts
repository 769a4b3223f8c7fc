import type { JobAction } from '@viaduct/domain';
import type { EffectView } from '../schemas/actions.ts';

/** The effect of doing nothing. */
export const emptyEffect = (): EffectView => ({ studies: 0, running: 0, stored: 0, senseless: [] });

/** Whether an action stops what runs. */
export const stops = (action: JobAction): boolean =>
  action === 'pause' || action === 'cancel' || action === 'force-end';

/** Counts things that an action makes no sense for. */
export function addSenseless(effect: EffectView, reason: string, count: number): void {
  const known = effect.senseless.find((entry) => entry.reason === reason);
  if (known) known.count += count;
  else effect.senseless.push({ reason, count });
}
