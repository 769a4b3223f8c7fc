/** Peers and services for tests and the demo. */
export * from './services/index.ts';
