export { connectControl, type PacsControl } from './control.ts';
export { startPacs } from './server.ts';
export { spawnPacs, type SpawnedPacs, type SpawnOptions } from './spawn.ts';
export type {
  Destination,
  Faults,
  Operation,
  Pacs,
  PacsEvent,
  PacsOptions,
  PacsState,
  RequestRecord,
} from './types.ts';
