import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileBytes, Part10Error, readFileMeta } from '@viaduct/dicom/part10';
import { instancesOf, type Database, type LedgerRow } from '@viaduct/prisma';
import type { PartRef } from '@viaduct/workflows/contract';
import type { BatchWriter } from '../batch.ts';
import { type FeedEntry, PartFeed, type SpooledInstance } from '../feed.ts';
import type { TaskFacts } from '../record/tasks.ts';
import {
  type JournalEntry,
  type PartHeaders,
  readJournal,
  type SpooledHeader,
  type SpoolFolders,
} from '../spool/index.ts';
import { storedState } from '../store/outcome.ts';
import type { LedgerChange } from './openParts.ts';

export interface SeedInput {
  readonly database: Database;
  readonly folders: SpoolFolders;
  readonly key: PartRef;
  readonly task: TaskFacts;
  readonly ledger: BatchWriter<LedgerChange>;
  readonly headers: PartHeaders;
}

/**
 * Brings ledger and spool of a part together, as a worker finds them after whatever happened to its predecessor:
 * a durable file whose row says `expected` is taken up; an acknowledgement of the journal is brought to the ledger;
 * a row whose file is gone is expected again. What lies half-written in the folder is removed.
 */
export async function seedPart(input: SeedInput): Promise<{ feed: PartFeed; series: Map<string, string> }> {
  const { database, folders, key, task } = input;
  const [row, rows, journal, files] = await Promise.all([
    database.client.part.findUnique({ where: { taskId_partNo: { taskId: task.id, partNo: key.partNo } } }),
    instancesOf(database.pool, { taskId: task.id, partNo: key.partNo }),
    readJournal(folders.journal(key)),
    finalNames(folders.part(key)),
  ]);
  const entries: FeedEntry[] = [];
  for (const ledgerRow of rows) {
    entries.push(await takeUp(input, ledgerRow, journal.get(ledgerRow.sopInstanceUid), files));
  }
  await input.ledger.flush();
  const closed = row?.closedAt != null && entries.every(({ state }) => state !== 'wanted');
  const feed = new PartFeed(entries, { pseudonymize: task.pseudonymize, closed });
  return { feed, series: new Map(rows.map((each) => [each.sopInstanceUid, each.seriesInstanceUid])) };
}

/** The instances whose file has its final name; everything temporary is removed on the way. */
async function finalNames(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (const name of await readdir(folder)) {
    if (name.endsWith('.dcm')) found.add(name.slice(0, -'.dcm'.length));
    else if (name.includes('.part')) await rm(path.join(folder, name), { force: true });
  }
  return found;
}

async function takeUp(
  { folders, key, task, ledger, headers }: SeedInput,
  row: LedgerRow,
  acknowledged: JournalEntry | undefined,
  files: ReadonlySet<string>,
): Promise<FeedEntry> {
  const sopInstanceUID = row.sopInstanceUid;
  const settled: FeedEntry = { sopInstanceUID, state: 'settled' };
  if (row.state !== 'expected' && row.state !== 'retrieved' && row.state !== 'pseudonymized') return settled;
  const file = folders.instance(key, sopInstanceUID);
  const instance = files.has(sopInstanceUID) ? await spooled(file, row, task.pseudonymize) : null;
  if (!instance) {
    if (row.state !== 'expected') ledger.add({ sopInstanceUID, to: 'expected' });
    return row.state === 'expected' ? { sopInstanceUID, state: 'wanted' } : settled;
  }
  if (row.state === 'expected') ledger.add(retrievedChange(instance));
  const header = headers.get(sopInstanceUID);
  if (header && row.state !== 'pseudonymized') ledger.add(pseudonymizedChange(sopInstanceUID, header));
  if (acknowledged) {
    ledger.add(storedChange(acknowledged, instance, header));
    return settled;
  }
  if (header) return { sopInstanceUID, state: 'ready', instance: { ...instance, header } };
  return { sopInstanceUID, state: task.pseudonymize ? 'retrieved' : 'ready', instance };
}

/** Facts of a file of the spool: from the ledger where it has them, else read and hashed. Null: it is no use. */
async function spooled(file: string, row: LedgerRow, isHashedLater: boolean): Promise<SpooledInstance | null> {
  const { sopInstanceUid: sopInstanceUID, sopClassUid, transferSyntaxUid, bytes, sha256 } = row;
  const isHashed = sha256 !== null || isHashedLater;
  if (row.state !== 'expected' && bytes !== null && isHashed && transferSyntaxUid !== '') {
    return {
      sopInstanceUID,
      sopClassUID: sopClassUid,
      transferSyntaxUID: transferSyntaxUid,
      path: file,
      bytes,
      sha256: sha256 ?? undefined,
    };
  }
  const read = await readSpooled(file, sopInstanceUID);
  if (!read) await rm(file, { force: true });
  return read;
}

/** Reads an instance's facts from its file and hashes it; null when it is no file of an instance. */
export async function readSpooled(file: string, sopInstanceUID: string): Promise<SpooledInstance | null> {
  const beginning = await readFileMeta(file).catch((error: unknown) => {
    if (!(error instanceof Part10Error)) throw error;
    return null;
  });
  if (!beginning) return null;
  const { meta, dataSetOffset: start, fileSize: end } = beginning;
  const hash = createHash('sha256');
  for await (const chunk of fileBytes(file, { start, end })) hash.update(chunk);
  return {
    sopInstanceUID,
    sopClassUID: meta.sopClassUID,
    transferSyntaxUID: meta.transferSyntaxUID,
    path: file,
    bytes: end - start,
    sha256: hash.digest('hex'),
  };
}

export function retrievedChange(instance: SpooledInstance): LedgerChange {
  return {
    sopInstanceUID: instance.sopInstanceUID,
    to: 'retrieved',
    sopClassUid: instance.sopClassUID,
    transferSyntaxUid: instance.transferSyntaxUID,
    bytes: instance.bytes,
    sha256: instance.sha256,
  };
}

export function pseudonymizedChange(sopInstanceUID: string, header: SpooledHeader): LedgerChange {
  return {
    sopInstanceUID,
    to: 'pseudonymized',
    outSopInstanceUid: header.outSopInstanceUID,
    outBytes: header.bytes,
    outSha256: header.sha256,
    sha256: header.sourceSha256,
  };
}

export function storedChange(entry: JournalEntry, instance: SpooledInstance, header?: SpooledHeader): LedgerChange {
  const { to, storeStatus } = storedState(entry.status);
  return {
    sopInstanceUID: entry.sopInstanceUID,
    to,
    storeStatus,
    outPath: entry.outPath,
    outSopInstanceUid: header?.outSopInstanceUID ?? instance.sopInstanceUID,
    outBytes: header?.bytes ?? instance.bytes,
    // What a folder holds is checked as a file; what a server holds is known as a data set.
    outSha256: entry.fileSha256 ?? header?.sha256 ?? instance.sha256,
  };
}
