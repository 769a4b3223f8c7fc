import { classify, type OutgoingInstance } from '@viaduct/dicom/dimse';
import { toPacsError } from './errors.ts';
import { checkFolder, storeInFolder } from './folder.ts';
import type { GatewayNode } from './node.ts';

/** What a destination said about an instance. `status` is the DIMSE status (0 for a folder). */
export interface Stored {
  readonly status: number;
  /** Folder destinations: SHA-256 of the written file. */
  readonly fileSha256?: string;
}

/** An instance on its way. `relativePath`: where a folder keeps it; servers ignore it. */
export interface Outgoing {
  readonly instance: OutgoingInstance;
  readonly relativePath: string;
}

/** What one request takes at most: instances, and bytes of them together unless it is a single one. */
export interface Batch {
  readonly instances: number;
  readonly bytes: number;
}
export const ONE_BY_ONE: Batch = { instances: 1, bytes: 0 };

/** An open way into a destination. */
export interface DestinationSession {
  /** How much may be given to it at a time. */
  readonly batch: Batch;
  /** Whether the destination takes this class in this transfer syntax, as far as that is known before. */
  accepts(sopClassUID: string, transferSyntaxUID: string): boolean;
  /** Stores instances and gives the answer to each, in their order. @throws PacsError when there is none */
  store(items: readonly Outgoing[], options?: { readonly signal?: AbortSignal }): Promise<readonly Stored[]>;
  /** Ends in order. */
  close(): Promise<void>;
  /** Breaks off at once. */
  abort(): void;
}

/** A folder as a destination. @throws PacsError */
export async function openFolder(node: GatewayNode, roots: readonly string[]): Promise<DestinationSession> {
  const folder = node.path ?? '';
  await checkFolder(folder, roots);
  return {
    batch: ONE_BY_ONE,
    accepts: () => true,
    store: async (items, { signal } = {}) => {
      const stored: Stored[] = [];
      for (const { instance, relativePath } of items) {
        const fileSha256 = await storeInFolder(folder, relativePath, instance, signal).catch((error: unknown) =>
          Promise.reject(toPacsError(error) as Error),
        );
        stored.push({ status: 0, fileSha256 });
      }
      return stored;
    },
    close: () => Promise.resolve(),
    abort: () => undefined,
  };
}

/**
 * The same session, with its failures told in the words of the domain.
 * @param onRefused hears that it refuses for want of resources (PS3.4 §B.2.3: A7xx)
 */
export function watched(
  session: DestinationSession,
  toFailure: (error: unknown) => Promise<Error>,
  onRefused: () => Promise<void>,
): DestinationSession {
  return {
    ...session,
    store: async (...call) => {
      try {
        const stored = await session.store(...call);
        if (stored.some(({ status }) => classify(status) === 'refused')) await onRefused();
        return stored;
      } catch (error) {
        throw await toFailure(error);
      }
    },
  };
}
