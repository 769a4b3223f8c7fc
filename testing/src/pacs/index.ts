export { connectControl, serveControl, type PacsControl } from './control.ts';
export { playScript, readScript, ScriptError, type PacsScript, type Phase } from './scriptFile.ts';
export { startPacs } from './server.ts';
export type {
  Destination,
  Faults,
  LineFaults,
  Operation,
  Pacs,
  PacsEvent,
  PacsOptions,
  PacsState,
  RequestRecord,
} from './types.ts';
