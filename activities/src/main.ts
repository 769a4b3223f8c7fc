import { readSettings, SettingsError } from '@viaduct/configuration';
import { startHost, type Host } from './host.ts';
import { createLog, installTemporalRuntime } from './logging.ts';
import { SpoolLockedError } from './spool/index.ts';

/** The worker process: see README. Ends with 0 when it was asked to, with 1 when it cannot go on. */
async function main(): Promise<void> {
  const settings = readSettings();
  if (!settings.DATABASE_URL || !settings.TEMPORAL_ADDRESS) {
    throw new SettingsError('A worker needs DATABASE_URL and TEMPORAL_ADDRESS.');
  }
  const log = createLog(settings.VIADUCT_LOG_LEVEL);
  const ending = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  const stop = (code: number) => {
    ending.abort();
    end(code);
  };
  const give = (reason: string, error?: unknown) => {
    log.fatal({ error: kindOf(error), at: placeOf(error) }, reason);
    stop(1);
  };
  process.on('uncaughtException', (error) => give('an error nobody has handled', error));
  process.on('unhandledRejection', (error) => give('a rejection nobody has handled', error));
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop(0));
  process.on('disconnect', () => stop(0)); // the supervisor is gone

  installTemporalRuntime(log);
  let host: Host | undefined;
  try {
    host = await startHost({ settings, log, signal: ending.signal, onLost: (reason) => give(reason) });
  } catch (error) {
    if (!ending.signal.aborted) give(isSentence(error) ? error.message : 'the worker cannot start', error);
  }
  const code = await ended;
  const deadline = setTimeout(() => process.exit(1), SHUTDOWN_DEADLINE_MS);
  try {
    await host?.[Symbol.asyncDispose]();
  } catch (error) {
    log.warn({ error: kindOf(error) }, 'the worker did not end in order');
  }
  clearTimeout(deadline);
  log.info('the worker has ended');
  process.exit(code);
}

const SHUTDOWN_DEADLINE_MS = 20_000;

/** Errors whose message is written for people and quotes no data. */
const isSentence = (error: unknown) => error instanceof SpoolLockedError || error instanceof SettingsError;

/** What an error is, without its message: messages may quote data. */
function kindOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  if (!(error instanceof Error)) return typeof error;
  const code = 'code' in error ? String(error.code) : '';
  return code ? `${error.name} ${code}` : error.name;
}

function placeOf(error: unknown): string[] | undefined {
  const lines = error instanceof Error ? error.stack?.split('\n') : undefined;
  return lines
    ?.filter((line) => line.startsWith('    at '))
    .slice(0, 8)
    .map((line) => line.trim());
}

try {
  await main();
} catch (error) {
  // Nothing of ours runs yet: a setting that cannot be used, in words.
  process.stderr.write(`${error instanceof SettingsError ? error.message : (kindOf(error) ?? '')}\n`);
  process.exit(1);
}
