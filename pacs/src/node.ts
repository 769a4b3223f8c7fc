import type { Peer } from '@viaduct/dicom/dimse';
import { PacsError } from './errors.ts';

/** What the gateway has to know of a node: a row of the table `node`, or a form that is being tested. */
export interface GatewayNode {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly aeTitle: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly callingAeTitle: string | null;
  readonly retrieveMethod: string;
  readonly connectTimeoutMs: number;
  readonly associationTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly path: string | null;
  readonly suspended: boolean;
}

/** The DIMSE face of a server node. @throws PacsError `node-gone` for a node without one. */
export function peerOf(node: GatewayNode, ourAeTitle: string): Peer {
  const { aeTitle, host, port } = node;
  if (node.kind !== 'server' || !aeTitle || !host || !port) throw new PacsError('node-gone');
  return {
    host,
    port,
    calledAETitle: aeTitle,
    callingAETitle: node.callingAeTitle ?? ourAeTitle,
    connectTimeoutMs: node.connectTimeoutMs,
    associationTimeoutMs: node.associationTimeoutMs,
    responseTimeoutMs: node.responseTimeoutMs,
    idleTimeoutMs: node.idleTimeoutMs,
  };
}
