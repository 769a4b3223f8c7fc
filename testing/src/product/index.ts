/** The whole product, started as a user starts it, and what tests and benchmarks ask of its API. */
export * from './start.ts';
export * from './work.ts';
