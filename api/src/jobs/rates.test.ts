import { openDatabase, reserveRequest } from '@viaduct/prisma';
import { testDatabase, waitFor } from '@viaduct/testing';
import pino from 'pino';
import { expect, test } from 'vitest';
import { startRates } from './rates.ts';

test('requests to a node with a limit are counted as they come', async () => {
  await using postgres = await testDatabase();
  const database = openDatabase({ connectionString: postgres.connectionString, poolSize: 3 });
  const data = { kind: 'server', name: 'PACS', aeTitle: 'A', host: 'x', port: 104, requestsPerMinute: 60_000 };
  const { id } = await database.client.node.create({ data });
  {
    await using rates = startRates(database.pool, pino({ level: 'silent' }), 20);
    await waitFor(() => rates.requestsTo(id) === 0);
    for (let n = 0; n < 5; n++) await reserveRequest(database.pool, id);
    await waitFor(() => rates.requestsTo(id) === 5);
    expect(rates.of('unknown')).toBeUndefined();
  }
  await database.close();
});
