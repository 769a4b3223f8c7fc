export { connectControl, serveControl, type PacsControl } from './control.ts';
export { startPacs } from './server.ts';
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
