import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';
import { pino, type Logger } from 'pino';

/** Fields of Temporal's log entries that are ids and counters; everything else may quote data and stays out. */
const SAFE = ['taskQueue', 'activityType', 'workflowId', 'attempt', 'durationMs', 'namespace'] as const;

/** The log of this process: JSON lines on standard output, without anything about a patient. */
export function createLog(level: string): Logger {
  return pino({ level, base: { process: 'worker', pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime });
}

/** Lets Temporal's SDK write to our log, and leaves signals of the system to us. Once per process, before any connection. */
export function installTemporalRuntime(log: Logger): void {
  const write = ({ level, message, meta = {} }: LogEntry) => {
    const error: unknown = meta['error'];
    const fields = Object.fromEntries(SAFE.flatMap((key) => (key in meta ? [[key, meta[key]]] : [])));
    const named = error instanceof Error ? { error: error.name } : {};
    const entry = { ...fields, ...named };
    if (level === 'ERROR') log.error(entry, message);
    else if (level === 'WARN') log.warn(entry, message);
    else log.debug(entry, message);
  };
  Runtime.install({
    logger: new DefaultLogger('INFO', write),
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: 'WARN,temporalio_sdk_core=WARN' } },
  });
}
