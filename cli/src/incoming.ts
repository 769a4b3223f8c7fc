import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { STATUS, type IncomingInstance, type InstanceSink, type StoredInstance } from '@viaduct/dicom/dimse';
import { Failure } from './failure.ts';

/** Makes the folder of `--out`. @throws Failure */
export async function outFolder(dir: string): Promise<string> {
  try {
    await mkdir(dir, { recursive: true });
    return dir;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new Failure(`the folder ${dir} cannot be made (${code})`);
  }
}

/** Writes what comes into a folder, one `<SOPInstanceUID>.dcm` per instance, and knows what is still on its way. */
export class FolderSink implements InstanceSink {
  /** SOP Instance UIDs of what is complete. */
  readonly stored = new Set<string>();
  /** How many came; one that came twice counts twice. */
  count = 0;
  /** Bytes of their data sets. */
  bytes = 0;
  /** Instances that broke off or could not be written. */
  failures = 0;
  readonly durability: 'synced' | 'written';
  readonly hashed: boolean;
  readonly #dir: string;
  readonly #onStored: (instance: StoredInstance) => Promise<void> | void;
  #open = 0;
  #idle = Promise.withResolvers<void>();

  /**
   * @param promise what an answer promises, `written` where the peer keeps its own in any case; whether hashes are wanted
   */
  constructor(
    dir: string,
    { durability, hashed }: Required<Pick<InstanceSink, 'durability' | 'hashed'>>,
    onStored: (instance: StoredInstance) => Promise<void> | void,
  ) {
    this.durability = durability;
    this.hashed = hashed;
    this.#dir = dir;
    this.#onStored = onStored;
    this.#idle.resolve();
  }

  begin({ sopInstanceUID }: IncomingInstance): { path: string } {
    if (this.#open++ === 0) this.#idle = Promise.withResolvers();
    return { path: path.join(this.#dir, `${sopInstanceUID}.dcm`) };
  }

  async done(instance: StoredInstance): Promise<number> {
    this.stored.add(instance.sopInstanceUID);
    this.count++;
    this.bytes += instance.bytes;
    await this.#onStored(instance);
    this.#close();
    return STATUS.success;
  }

  failed(): void {
    this.failures++;
    this.#close();
  }

  /** Settles when nothing is on its way any more: what broke off has left no file. */
  get idle(): Promise<void> {
    return this.#idle.promise;
  }

  #close(): void {
    if (--this.#open === 0) this.#idle.resolve();
  }
}
