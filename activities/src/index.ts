/** The steps of a transfer and the host that runs them. */
export { createActivities, type Activities } from './activities.ts';
export type { Dependencies } from './dependencies.ts';
export { startHost, type Host, type HostOptions } from './host.ts';
export { createLog, installTemporalRuntime } from './logging.ts';
