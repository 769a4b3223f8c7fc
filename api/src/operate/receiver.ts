import { CALL_REFUSALS, type CallRefusal, type Database, type ReceiverCalls } from '@viaduct/prisma';
import type { ReceiverCallerView, ReceiverView, WorkerView } from '../schemas/system.ts';
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
      calls: callsOf(row.receiverCalls as ReceiverCalls | null, alive),
    };
  });
  return { callingAeTitle, workers, text: letter(callingAeTitle, workers) };
}

function wordsOf(alive: boolean, receiverUp: boolean): string {
  if (!alive) return 'This worker has not been seen for more than 30 s.';
  return receiverUp ? 'It receives.' : 'The worker runs, but its receiver does not listen: is the port free?';
}

const REFUSED: Readonly<Record<CallRefusal, string>> = {
  'caller-unknown': 'No node has this AE title.',
  address: 'Its address is not among those that may connect.',
  'called-ae-title': 'It called another AE title than that of this receiver.',
  'too-many': 'Too many associations were open.',
  protocol: 'What it asked for is not to be had here.',
};

/** Of a host that is gone nothing stands any more. */
function callsOf(calls: ReceiverCalls | null, alive: boolean): WorkerView['calls'] {
  if (!calls) return null;
  const callers = calls.callers.map(({ refusals, open, ...caller }): ReceiverCallerView => ({
    ...caller,
    open: alive ? open : 0,
    refusals: CALL_REFUSALS.flatMap((why) => {
      const count = refusals[why] ?? 0;
      return count > 0 ? [{ why, count, text: REFUSED[why] }] : [];
    }),
  }));
  return { since: calls.since, callers: callers.toReversed() };
}

const EVERYWHERE = ['0.0.0.0', '::'];

/** An address that only says "on every interface" is of no use to somebody else. */
export const addressOf = ({ address, host }: Pick<WorkerView, 'address' | 'host'>) =>
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
