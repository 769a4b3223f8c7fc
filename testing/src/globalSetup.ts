import { BROKER_VARIABLE, startBroker } from './services/broker.ts';

/** Vitest's global setup: services for the whole run, see `testDatabase` and `testTemporal`. */
export default async function setup(): Promise<() => Promise<void>> {
  const broker = await startBroker(async (connectionString) => {
    const { migrate } = await import('@viaduct/prisma');
    await migrate(connectionString);
  });
  process.env[BROKER_VARIABLE] = broker.url;
  return async () => {
    delete process.env[BROKER_VARIABLE];
    await broker[Symbol.asyncDispose]();
  };
}
