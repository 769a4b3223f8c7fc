// The api process: REST, event streams, outbox, and the pages behind it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readSettings, readTemporalTls, SettingsError } from '@viaduct/configuration';
import { loadKey } from '@viaduct/prisma';
import pino from 'pino';
import { announce } from './firstAdministrator.ts';
import { openPacs } from './gateway/openPacs.ts';
import { clearPreviews } from './previews/previewFolder.ts';
import { startServer } from './server.ts';
import { openEngine } from './temporal/engine.ts';

/** After this, what is still open is given up, ms. */
const STOP_WITHIN_MS = 8_000;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

async function main(): Promise<void> {
  const settings = readSettings();
  const log = pino({ level: settings.VIADUCT_LOG_LEVEL, base: { process: 'api' } });
  const [master, payload, session] = await Promise.all(
    ['master', 'payload', 'session'].map((name) => loadKey(settings.secrets, name)),
  );
  if (!master || !payload || !session) throw new Error('a key is missing');
  await using engine = openEngine({
    address: settings.TEMPORAL_ADDRESS || '127.0.0.1:7233',
    namespace: settings.TEMPORAL_NAMESPACE,
    tls: readTemporalTls(settings),
    payloadKey: payload,
  });
  await using server = await startServer({
    connectionString: settings.DATABASE_URL,
    engine,
    pacs: (database) => openPacs(database, settings, master),
    keys: { master, session },
    host: settings.VIADUCT_HTTP_HOST,
    port: settings.VIADUCT_HTTP_PORT,
    origin: settings.VIADUCT_ORIGIN || undefined,
    webHost: settings.VIADUCT_WEB_HOST,
    webPort: settings.VIADUCT_WEB_PORT,
    version,
    previewFolder: await clearPreviews(path.join(settings.home, 'previews')),
    callingAeTitle: settings.VIADUCT_AE_TITLE,
    probeMinutes: settings.VIADUCT_PROBE_MINUTES,
    catalogue: { freshMinutes: settings.VIADUCT_SEARCH_FRESH_MINUTES, days: settings.VIADUCT_CATALOGUE_DAYS },
    log,
    announce,
  });
  log.info({ origin: server.origin }, 'listening');
  await askedToStop();
  log.info('stopping');
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
}

/** A signal, or the supervisor is gone. */
function askedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve());
    process.once('disconnect', () => resolve());
  });
}

try {
  await main();
  if (process.connected) process.disconnect();
} catch (error) {
  const sentence =
    error instanceof SettingsError ? error.message : ((error as { code?: string }).code ?? String(error));
  process.stderr.write(`api: ${sentence}\n`);
  process.exitCode = 1;
  if (process.connected) process.disconnect();
}
