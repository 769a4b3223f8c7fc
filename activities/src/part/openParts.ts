import { mkdir } from 'node:fs/promises';
import { advance, type Database, joinSteps, type LedgerStep } from '@viaduct/prisma';
import type { PartRef } from '@viaduct/workflows/contract';
import { BatchWriter } from '../batch.ts';
import type { PartFeed } from '../feed.ts';
import type { TaskFacts } from '../record/tasks.ts';
import { type JournalEntry, PartHeaders, type PartKey, type SpoolFolders, StoredJournal } from '../spool/index.ts';
import { seedPart } from './seed.ts';

export type LedgerChange = Omit<LedgerStep, 'sopInstanceUid'> & { readonly sopInstanceUID: string };

/** One part on this host while any of its steps runs: what its steps share. */
export interface OpenPart {
  readonly key: PartRef;
  readonly task: TaskFacts;
  readonly feed: PartFeed;
  /** Changes of the part's ledger rows, committed in small batches. */
  readonly ledger: BatchWriter<LedgerChange>;
  /** What goes out instead of the instances' own headers. */
  readonly headers: PartHeaders;
  /** Series of each instance, as the source named it. */
  readonly series: ReadonlyMap<string, string>;
  /** Notes an acknowledgement of the destination before anything else is done about it. */
  acknowledge(entry: JournalEntry): void;
}

/** One name for a part in this process. */
export const partName = ({ jobId, taskNo, partNo }: PartKey) => `${jobId}/${taskNo}/${partNo}`;

interface Shared {
  users: number;
  readonly opened: Promise<{ part: OpenPart; files: DisposableStack }>;
  closing?: Promise<void>;
}

/** The parts that are being worked on in this process. The first step to open one reads ledger and spool; the others join. */
export class OpenParts {
  readonly #database: Database;
  readonly #folders: SpoolFolders;
  readonly #hostId: string;
  readonly #shared = new Map<string, Shared>();

  constructor(database: Database, folders: SpoolFolders, hostId: string) {
    this.#database = database;
    this.#folders = folders;
    this.#hostId = hostId;
  }

  /** Whether any step of any part of the task is at work here. */
  isBusy(task: { readonly jobId: string; readonly taskNo: number }): boolean {
    return [...this.#shared.keys()].some((name) => name.startsWith(`${task.jobId}/${task.taskNo}/`));
  }

  /** Opens a part for one step; to be disposed of when the step ends. */
  async open(key: PartRef, task: TaskFacts): Promise<OpenPart & AsyncDisposable> {
    const name = partName(key);
    for (let closing = this.#shared.get(name)?.closing; closing; closing = this.#shared.get(name)?.closing) {
      await closing;
    }
    const shared = this.#shared.get(name) ?? { users: 0, opened: this.#begin(key, task) };
    this.#shared.set(name, shared);
    shared.users++;
    const leave = async () => {
      if (--shared.users > 0) return;
      shared.closing = this.#end(shared).finally(() => this.#shared.delete(name));
      await shared.closing;
    };
    try {
      const { part } = await shared.opened;
      return { ...part, [Symbol.asyncDispose]: leave };
    } catch (error) {
      await leave();
      throw error;
    }
  }

  async #begin(key: PartRef, task: TaskFacts): Promise<{ part: OpenPart; files: DisposableStack }> {
    await mkdir(this.#folders.part(key), { recursive: true, mode: 0o700 });
    const ledger = new BatchWriter<LedgerChange>(async (changes) => {
      const steps = changes.map(({ sopInstanceUID, ...change }) => ({
        ...change,
        sopInstanceUid: sopInstanceUID,
        hostId: this.#hostId,
      }));
      await advance(this.#database.pool, task.id, steps, { partNo: key.partNo });
    }, joinSteps);
    using files = new DisposableStack();
    const headers = files.use(PartHeaders.open(this.#folders.headers(key)));
    const seed = { database: this.#database, folders: this.#folders, key, task, ledger, headers };
    const { feed, series } = await seedPart(seed);
    const journal = files.use(StoredJournal.open(this.#folders.journal(key)));
    const part = {
      key,
      task,
      feed,
      series,
      ledger,
      headers,
      acknowledge: (entry: JournalEntry) => journal.append(entry),
    };
    return { part, files: files.move() };
  }

  async #end({ opened }: Shared): Promise<void> {
    const open = await opened.catch(() => null);
    if (!open) return;
    // What cannot be committed now is found again in the spool when the part is opened next.
    await open.part.ledger.flush().catch(() => undefined);
    open.files.dispose();
  }
}
