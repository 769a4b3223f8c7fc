import { openDatabase } from '@viaduct/prisma';
import { expect, test } from 'vitest';
import { createGateway } from './gateway.ts';
import { openSite } from './harness/site.ts';

/** Requests a minute, and the clock of the PACS: so long a window (s). */
const PER_MINUTE = 1_200;
const WINDOW_S = 2;
/** What such a window sees at most: see bench/src/limits.ts for the arithmetic. */
const IN_WINDOW = Math.floor(((WINDOW_S + 1.5) * (PER_MINUTE - 1)) / 61.5) + 1;

test('twelve clients never make a PACS reset its connections, which it does above its limits', async () => {
  const resetAbove = { associations: 3, requests: IN_WINDOW, perMs: WINDOW_S * 1_000 };
  await using site = await openSite({ resetAbove });
  const node = await site.server(site.pacs);
  const limits = { maxAssociations: 3, requestsPerMinute: PER_MINUTE };
  await site.database.client.node.update({ where: { id: node.id }, data: limits });
  const ending = new AbortController();
  const { connectionString } = site;
  const client = async (index: number) => {
    const database = openDatabase({ connectionString, poolSize: 1 });
    const settings = {
      ourAeTitle: 'VIADUCT',
      folderRoots: [],
      leaseTtlMs: 20_000,
      tlsFiles: '',
      masterKey: Buffer.alloc(32),
    };
    const gateway = createGateway({ database, holder: `client-${index}`, ...settings });
    try {
      while (!ending.signal.aborted)
        await gateway.findSeries(node, site.study.studyInstanceUID, { signal: ending.signal });
    } catch (error) {
      if (!ending.signal.aborted) throw error;
    } finally {
      await database.close();
    }
  };
  const clients = Array.from({ length: 12 }, (_, index) => client(index));
  await expect
    .poll(async () => (await site.pacs.state()).requests.length, { timeout: 20_000 })
    .toBeGreaterThan(IN_WINDOW);
  ending.abort();
  await Promise.all(clients);
  expect((await site.pacs.state()).resets).toBe(0);
});
