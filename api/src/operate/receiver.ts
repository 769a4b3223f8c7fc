import type { Database } from '@viaduct/prisma';
import type { ReceiverView, WorkerView } from '../schemas/system.ts';
import { isAlive } from '../system/readiness.ts';

/** What the administrator of a PACS has to register: how we call, and every worker host with its receiver. */
export async function readReceiver(client: Database['client'], callingAeTitle: string): Promise<ReceiverView> {
  const rows = await client.workerHost.findMany({ orderBy: { id: 'asc' } });
  const workers = rows.map((row): WorkerView => {
    const alive = isAlive(row.lastSeenAt);
    return {
      host: row.id,
      aeTitle: row.receiverAeTitle,
      address: row.receiverHost,
      port: row.receiverPort,
      up: row.receiverUp && alive,
      lastSeen: row.lastSeenAt.toISOString(),
      startedAt: row.startedAt.toISOString(),
      spoolFreeBytes: Number(row.spoolFreeBytes),
      text: wordsOf(alive, row.receiverUp),
    };
  });
  return { callingAeTitle, workers, text: letter(callingAeTitle, workers) };
}

function wordsOf(alive: boolean, receiverUp: boolean): string {
  if (!alive) return 'This worker has not been seen for more than 30 s.';
  return receiverUp ? 'It receives.' : 'The worker runs, but its receiver does not listen: is the port free?';
}

const EVERYWHERE = ['0.0.0.0', '::'];

/** An address that only says "on every interface" is of no use to somebody else. */
const addressOf = ({ address, host }: WorkerView) =>
  EVERYWHERE.includes(address) ? `the address of ${host}` : address;

function letter(callingAeTitle: string, workers: readonly WorkerView[]): string {
  const peers = workers.map(
    (worker) => `AE title ${worker.aeTitle}, host ${addressOf(worker)}, port ${worker.port} (receives C-STORE)`,
  );
  return [
    `Viaduct calls as AE title ${callingAeTitle} (C-ECHO, C-FIND, C-GET, C-MOVE, C-STORE).`,
    'Please allow these destinations of C-MOVE:',
    ...(peers.length > 0 ? peers : ['none: no worker has been seen yet']),
  ].join('\n');
}
