/** The states of one SOP instance of a task. */
export const INSTANCE_STATES = [
  'expected',
  'excluded',
  'retrieved',
  'held',
  'pseudonymized',
  'quarantined',
  'stored',
  'coerced',
  'verified',
  'missing',
  'failed',
] as const;
export type InstanceState = (typeof INSTANCE_STATES)[number];

/**
 * Which state may follow which. SQL and tests read this one table.
 * A step backwards to `expected` happens when spool bytes are lost with their host, when a person retries,
 * or when the destination turns out not to hold what it acknowledged.
 */
export const INSTANCE_TRANSITIONS: Readonly<Record<InstanceState, readonly InstanceState[]>> = {
  expected: ['retrieved', 'excluded', 'missing', 'failed', 'quarantined'],
  excluded: ['expected'],
  retrieved: ['pseudonymized', 'held', 'excluded', 'quarantined', 'stored', 'coerced', 'failed', 'expected'],
  held: ['excluded', 'expected'],
  pseudonymized: ['stored', 'coerced', 'failed', 'expected'],
  quarantined: ['expected'],
  stored: ['verified', 'missing', 'failed', 'expected'],
  coerced: ['verified', 'missing', 'failed', 'expected'],
  verified: [],
  missing: ['expected'],
  failed: ['expected'],
};

/** Whether the ledger allows this step. */
export function mayFollow(from: InstanceState, to: InstanceState): boolean {
  return INSTANCE_TRANSITIONS[from].includes(to);
}

/** How many instances of a task are in which state. */
export type InstanceCounts = Readonly<Record<InstanceState, number>>;

/**
 * The end of a task as its ledger shows it: fail-closed. `remarks` counts verified instances that the destination changed
 * while storing and those left out because of their pixels, `shortfall` the instances a source counted but never named.
 * A task of which everything was left out ends with a warning.
 */
export function outcomeOf(
  counts: InstanceCounts,
  remarks: number,
  shortfall: number,
): 'success' | 'warning' | 'failure' {
  const all = INSTANCE_STATES.reduce((sum, state) => sum + counts[state], 0);
  const complete = all > 0 && counts.verified + counts.excluded === all && shortfall === 0;
  if (!complete) return 'failure';
  return remarks > 0 || counts.verified === 0 ? 'warning' : 'success';
}
