import { openStoreAssociation, type OutgoingInstance, type PresentationContextProposal } from '@viaduct/dicom/dimse';
import { toPacsError } from './errors.ts';
import { checkFolder, storeInFolder } from './folder.ts';
import { peerOf, type GatewayNode } from './node.ts';
import type { GatewayOptions } from './gateway.ts';

/** What a destination said about an instance. `status` is the DIMSE status (0 for a folder). */
export interface Stored {
  readonly status: number;
  /** Folder destinations: SHA-256 of the written file. */
  readonly fileSha256?: string;
}

/** An open way into a destination; instances go one after the other. */
export interface DestinationSession {
  /** Whether the destination takes this class in this transfer syntax. */
  accepts(sopClassUID: string, transferSyntaxUID: string): boolean;
  /** @param relativePath where a folder keeps it; servers ignore it. @throws PacsError */
  store(instance: OutgoingInstance, relativePath: string, options?: { readonly signal?: AbortSignal }): Promise<Stored>;
  /** Ends in order. */
  close(): Promise<void>;
  /** Breaks off at once. */
  abort(): void;
}

async function openServer(
  node: GatewayNode,
  options: GatewayOptions,
  proposals: readonly PresentationContextProposal[],
  signal?: AbortSignal,
): Promise<DestinationSession> {
  const peer = peerOf(node, options.ourAeTitle);
  const association = await openStoreAssociation(peer, proposals, { signal }).catch((error: unknown) =>
    Promise.reject(toPacsError(error, peer) as Error),
  );
  return {
    accepts: (sopClassUID, transferSyntaxUID) => association.accepts(sopClassUID, transferSyntaxUID),
    store: async (instance, _relativePath, { signal: one } = {}) => {
      const { status } = await association
        .store(instance, { signal: one })
        .catch((error: unknown) => Promise.reject(toPacsError(error, peer) as Error));
      return { status };
    },
    close: () => association.release(),
    abort: () => association.abort(),
  };
}

async function openFolder(node: GatewayNode, options: GatewayOptions): Promise<DestinationSession> {
  const folder = node.path ?? '';
  await checkFolder(folder, options.folderRoots);
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
 * Opens a destination. The caller holds an association slot when it is a server.
 * @param proposals the classes and transfer syntaxes that will be sent (servers; at most 128)
 */
export async function openDestination(
  node: GatewayNode,
  options: GatewayOptions,
  proposals: readonly PresentationContextProposal[],
  signal?: AbortSignal,
): Promise<DestinationSession> {
  try {
    return node.kind === 'folder'
      ? await openFolder(node, options)
      : await openServer(node, options, proposals, signal);
  } catch (error) {
    throw toPacsError(error);
  }
}
