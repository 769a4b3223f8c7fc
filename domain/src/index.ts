export * from './actions.ts';
export * from './causes.ts';
export * from './ids.ts';
export * from './ledger.ts';
export * from './policy.ts';
export * from './states.ts';
