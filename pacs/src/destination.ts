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

/** An open way into a destination; instances go one after the other. */
export interface DestinationSession {
  /** Whether the destination takes this class in this transfer syntax, as far as that is known before. */
  accepts(sopClassUID: string, transferSyntaxUID: string): boolean;
  /** @param relativePath where a folder keeps it; servers ignore it. @throws PacsError */
  store(instance: OutgoingInstance, relativePath: string, options?: { readonly signal?: AbortSignal }): Promise<Stored>;
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
    accepts: () => true,
    store: async (instance, relativePath, { signal } = {}) => {
      const fileSha256 = await storeInFolder(folder, relativePath, instance, signal).catch((error: unknown) =>
        Promise.reject(toPacsError(error) as Error),
      );
      return { status: 0, fileSha256 };
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
        if (classify(stored.status) === 'refused') await onRefused();
        return stored;
      } catch (error) {
        throw await toFailure(error);
      }
    },
  };
}
