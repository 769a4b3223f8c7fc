import { STORAGE_SOP_CLASS_UIDS } from '../dictionary/index.ts';
import { connect } from './association/connect.ts';
import { MAX_CONTEXTS } from './association/negotiation.ts';
import { COMPRESSED, IMAGES, RARER_IMAGES } from './retrieve/proposals.ts';
import type { Peer, PresentationContextProposal } from './types.ts';
import { SOP_CLASS, UNCOMPRESSED } from './uids.ts';

/** What an application entity accepts of what we propose, as UIDs. */
export interface Capabilities {
  /** Classes of services: those of `SOP_CLASS`. */
  readonly services: readonly string[];
  /** Storage classes, each with the transfer syntaxes that it takes; of the two uncompressed ones the one it prefers. */
  readonly storage: ReadonlyMap<string, readonly string[]>;
}

const one = (abstractSyntax: string, transferSyntaxes: readonly string[]): PresentationContextProposal => ({
  abstractSyntax,
  transferSyntaxes,
});

/** Every service, every storage class uncompressed, and images in each compressed transfer syntax by itself. */
const PROPOSALS: readonly PresentationContextProposal[] = [
  ...Object.values(SOP_CLASS).map((uid) => one(uid, UNCOMPRESSED)),
  ...STORAGE_SOP_CLASS_UIDS.map((uid) => one(uid, UNCOMPRESSED)),
  ...[...IMAGES, ...RARER_IMAGES].flatMap((uid) => COMPRESSED.map((syntax) => one(uid, [syntax]))),
];

/**
 * Negotiates everything that a peer could take, over one association after the other, and sends nothing (PS3.8 §7.1).
 * @throws DimseError what `connect` throws
 */
export async function probeCapabilities(
  peer: Peer,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Capabilities> {
  const services: string[] = [];
  const storage = new Map<string, string[]>();
  const known = new Set<string>(Object.values(SOP_CLASS));
  for (let from = 0; from < PROPOSALS.length; from += MAX_CONTEXTS) {
    const association = await connect(peer, PROPOSALS.slice(from, from + MAX_CONTEXTS), { signal });
    for (const { abstractSyntax, transferSyntax } of association.contexts.values()) {
      if (known.has(abstractSyntax)) services.push(abstractSyntax);
      else storage.set(abstractSyntax, [...(storage.get(abstractSyntax) ?? []), transferSyntax]);
    }
    await association.release();
  }
  return { services, storage };
}
