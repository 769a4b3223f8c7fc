/** Peers, services and studies for tests and the demo. */
export * from './pacs/index.ts';
export { spawnPacs, type SpawnedPacs, type SpawnOptions } from './pacs/spawn.ts';
export * from './services/index.ts';
export * from './studies/index.ts';
