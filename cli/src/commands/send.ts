import {
  classify,
  DimseError,
  openStoreAssociation,
  type Peer,
  type PresentationContextProposal,
  type StoreAssociation,
} from '@viaduct/dicom/dimse';
import { defineCommand, integer } from '../command.ts';
import { Failure, sentenceOf } from '../failure.ts';
import { filesOf } from '../files.ts';
import { batches, outgoingFile, type OutgoingFile } from '../outgoing.ts';
import { counted, line, note, Progress } from '../output.ts';
import { PEER_OPTIONS, readPeer } from '../peer.ts';

/** What becomes of one file after the other. */
class Account {
  sent = 0;
  failed = 0;
  passedOver = 0;
  readonly #json: boolean;

  constructor(json: boolean) {
    this.#json = json;
  }

  async add(path: string, outcome: { readonly status: number } | { readonly error: unknown }): Promise<void> {
    const isSent = 'status' in outcome && ['success', 'warning'].includes(classify(outcome.status));
    if (isSent) this.sent++;
    else this.failed++;
    const hex = 'status' in outcome ? outcome.status.toString(16).toUpperCase().padStart(4, '0') : undefined;
    const sentence = 'error' in outcome ? sentenceOf(outcome.error) : undefined;
    if (this.#json) await line(JSON.stringify({ path, sent: isSent, status: hex, error: sentence }));
    else if (sentence !== undefined) note(`${path}: ${sentence}`);
    else if (hex !== '0000')
      note(`${path}: the peer answered ${isSent ? 'with a warning' : 'with a failure'}, 0x${hex}`);
  }
}

/** Reads all that is to be sent; what cannot be sent is counted as failed. */
async function collect(paths: readonly string[], account: Account, signal: AbortSignal): Promise<OutgoingFile[]> {
  using progress = new Progress();
  const files: OutgoingFile[] = [];
  for (const given of paths) {
    try {
      for await (const file of filesOf([given])) {
        signal.throwIfAborted();
        progress.show(`${counted(files.length, 'instance')} read`);
        const outgoing = await outgoingFile(file).catch((error: unknown) => account.add(file.path, { error }));
        if (outgoing) files.push(outgoing);
        else if (!file.isNamed) account.passedOver++;
      }
    } catch (error) {
      if (signal.aborted) throw new DimseError('canceled');
      await account.add(given, { error });
    }
  }
  return files;
}

const proposalsOf = (files: readonly OutgoingFile[]): PresentationContextProposal[] => [
  ...new Map(
    files.map(({ sopClassUID, transferSyntaxUID }) => [
      `${sopClassUID} ${transferSyntaxUID}`,
      { abstractSyntax: sopClassUID, transferSyntaxes: [transferSyntaxUID] },
    ]),
  ).values(),
];

/** Failures of one instance that leave the association as it was. */
const isOfInstance = (error: unknown) =>
  error instanceof DimseError && (error.reason === 'context-not-accepted' || error.reason === 'instance-broken');

/**
 * One association after the other takes from a queue: a broken one fails its instance and is followed by a new one.
 * @throws DimseError when no association can be had
 */
async function sendFrom(
  queue: Iterator<OutgoingFile>,
  open: () => Promise<StoreAssociation>,
  done: (path: string, outcome: { status: number } | { error: unknown }) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let association: StoreAssociation | undefined = await open();
  for (let next = queue.next(); !next.done && !signal.aborted; next = queue.next()) {
    association ??= await open();
    try {
      await done(next.value.path, await association.store(next.value));
    } catch (error) {
      if (!(error instanceof DimseError)) throw error;
      await done(next.value.path, { error });
      if (isOfInstance(error)) continue;
      association.abort();
      association = undefined;
    }
  }
  await association?.release().catch(() => undefined);
}

/** @throws DimseError when the peer gives no association and instances are left because of it */
async function sendBatch(
  peer: Peer,
  batch: readonly OutgoingFile[],
  parallel: number,
  done: (path: string, outcome: { status: number } | { error: unknown }) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let answered = 0;
  const count = async (path: string, outcome: { status: number } | { error: unknown }) => {
    answered++;
    await done(path, outcome);
  };
  const proposals = proposalsOf(batch);
  const queue = batch.values();
  const open = () => openStoreAssociation(peer, proposals, { signal });
  const workers = Array.from({ length: Math.min(parallel, batch.length) }, () => sendFrom(queue, open, count, signal));
  const ends = await Promise.allSettled(workers);
  const broken = ends.find((end) => end.status === 'rejected');
  if (signal.aborted) throw new DimseError('canceled');
  if (broken && (answered < batch.length || !(broken.reason instanceof DimseError))) throw broken.reason;
}

export default defineCommand({
  usage: 'send HOST:PORT PATH … [--parallel N] [options]',
  help: `Sends files, and all DICOM files in folders and their subfolders, to a peer (C-STORE), each in its own transfer syntax and byte
for byte. In folders, files that are no DICOM and DICOMDIR are passed over; a broken one counts as failed and is not sent.`,
  positionals: [2, Infinity],
  options: {
    ...PEER_OPTIONS,
    parallel: { type: 'string', value: 'N', default: '1', help: 'associations at a time' },
    json: { type: 'boolean', help: 'prints one JSON object per file' },
  },
  async run({ positionals: [address = '', ...paths], values, signal }) {
    const peer = await readPeer(address, values);
    const parallel = integer('--parallel', values.parallel, 1, 64);
    const account = new Account(values.json);
    const files = await collect(paths, account, signal);
    {
      using progress = new Progress();
      for (const batch of batches(files)) {
        const done = async (path: string, outcome: { status: number } | { error: unknown }) => {
          await account.add(path, outcome);
          progress.show(`${account.sent} of ${files.length} sent`);
        };
        await sendBatch(peer, batch, parallel, done, signal);
      }
    }
    const { sent, failed, passedOver } = account;
    const aside = passedOver > 0 ? `, ${counted(passedOver, 'other file')} passed over` : '';
    if (failed > 0) throw new Failure(`${sent} sent, ${failed} failed${aside}`);
    if (sent === 0) throw new Failure(`there is nothing to send${aside}`);
    if (!values.json) await line(`${counted(sent, 'instance')} sent${aside}`);
  },
});
