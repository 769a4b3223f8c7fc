import type { TlsClient } from '@viaduct/dicom/dimse';
import { WebClient, type Authorization, type WebPeer } from '@viaduct/dicom/web';
import { SealError, unseal, webSecretPurpose } from '@viaduct/prisma';
import type { Bandwidths } from '../bandwidth.ts';
import { PacsError } from '../errors.ts';
import { facesOf, type FaceKind, type GatewayNode } from '../node.ts';
import { dimseFace } from './dimseFace.ts';
import type { Face } from './face.ts';
import { withQuirks } from './quirks.ts';
import { readTls } from './tlsFiles.ts';
import { webFace } from './webFace.ts';

/** What speaking to servers needs. */
export interface FaceOptions {
  readonly ourAeTitle: string;
  /** Folder of the certificates and keys that nodes name. */
  readonly tlsFiles: string;
  /** Opens the secrets of DICOMweb faces. */
  readonly masterKey: Uint8Array;
}

/** Opens the faces of servers. Clients of DICOMweb are kept, with their connections and tokens, until their node changes. */
export class Faces {
  readonly #options: FaceOptions;
  readonly #bandwidths: Bandwidths;
  readonly #clients = new Map<string, { readonly made: string; readonly client: WebClient }>();

  constructor(options: FaceOptions, bandwidths: Bandwidths) {
    this.#options = options;
    this.#bandwidths = bandwidths;
  }

  /** The face that work uses, or the one that is named. @throws PacsError `node-gone` without one, `tls-failure` */
  async open(node: GatewayNode, kind: FaceKind | undefined = facesOf(node)[0]): Promise<Face> {
    if (!kind) throw new PacsError('node-gone');
    const tls = await readTls(this.#options.tlsFiles, node);
    const face =
      kind === 'web'
        ? webFace(this.#clientOf(node, tls), node)
        : dimseFace(this.#peerOf(node, tls), node.queryCharacterSet ?? undefined);
    return withQuirks(face, node.quirks);
  }

  #peerOf(node: GatewayNode, tls: TlsClient) {
    const { aeTitle, host, port, tlsServerName } = node;
    if (!aeTitle || !host || !port) throw new PacsError('node-gone');
    return {
      host,
      port,
      calledAETitle: aeTitle,
      callingAETitle: node.callingAeTitle ?? this.#options.ourAeTitle,
      connectTimeoutMs: node.connectTimeoutMs,
      associationTimeoutMs: node.associationTimeoutMs,
      responseTimeoutMs: node.responseTimeoutMs,
      idleTimeoutMs: node.idleTimeoutMs,
      throttle: this.#bandwidths.throttleOf(node),
      ...(node.tls && { tls: { ...tls, ...(tlsServerName && { serverName: tlsServerName }) } }),
    };
  }

  #clientOf(node: GatewayNode, tls: TlsClient): WebClient {
    const peer: WebPeer = {
      url: node.webUrl ?? '',
      prefixes: { qido: node.webQidoPrefix, wado: node.webWadoPrefix, stow: node.webStowPrefix },
      authorization: authorizationOf(node, this.#options.masterKey),
      tls,
      connectTimeoutMs: node.connectTimeoutMs,
      responseTimeoutMs: node.responseTimeoutMs,
      idleTimeoutMs: node.idleTimeoutMs,
      throttle: this.#bandwidths.throttleOf(node),
    };
    const made = JSON.stringify([peer, node.megabytesPerSecond]);
    const kept = this.#clients.get(node.id);
    if (kept?.made === made) return kept.client;
    // The one before may still be in use; its idle connections end by themselves.
    const client = new WebClient(peer);
    this.#clients.set(node.id, { made, client });
    return client;
  }
}

function authorizationOf(node: GatewayNode, masterKey: Uint8Array): Authorization | undefined {
  const { webAuth, webAuthName: name, webAuthTokenUrl: tokenUrl, webAuthSecret } = node;
  if (webAuth === 'none' || !webAuthSecret) return undefined;
  const secret = secretOf(node.id, webAuthSecret, masterKey);
  if (webAuth === 'bearer') return { kind: 'bearer', token: secret };
  if (!name) return undefined;
  if (webAuth === 'basic') return { kind: 'basic', username: name, password: secret };
  if (webAuth === 'header') return { kind: 'header', name, value: secret };
  return tokenUrl ? { kind: 'client-credentials', tokenUrl, clientId: name, clientSecret: secret } : undefined;
}

/** A secret that was sealed with another key has to be entered again. @throws PacsError `sign-in-refused` */
function secretOf(nodeId: string, sealed: Uint8Array, masterKey: Uint8Array): string {
  try {
    return unseal(masterKey, sealed, webSecretPurpose(nodeId)).toString('utf8');
  } catch (error) {
    if (error instanceof SealError) throw new PacsError('sign-in-refused');
    throw error;
  }
}
