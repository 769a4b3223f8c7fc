import type { Peer } from '@viaduct/dicom/dimse';
import { integer, seconds, type Options, type Values } from './command.ts';
import { UsageError } from './failure.ts';
import { TLS_CLIENT_OPTIONS, tlsClient } from './tls.ts';

/** Options of every command that calls a peer. */
export const PEER_OPTIONS = {
  called: { type: 'string', value: 'AET', default: 'ANY-SCP', help: 'AE title of the peer' },
  calling: { type: 'string', value: 'AET', default: 'VIADUCT', help: 'our AE title' },
  'connect-timeout': { type: 'string', value: 'SECONDS', default: '10', help: 'for the TCP connection' },
  'association-timeout': { type: 'string', value: 'SECONDS', default: '30', help: 'for its beginning and its end' },
  'response-timeout': { type: 'string', value: 'SECONDS', default: '60', help: 'for the next message of the peer' },
  'idle-timeout': { type: 'string', value: 'SECONDS', default: '60', help: 'without a byte inside a message' },
  ...TLS_CLIENT_OPTIONS,
} as const satisfies Options;

/** An AE title (PS3.5 §6.2): 1 to 16 characters, no backslash, no control characters. @throws UsageError */
export function aeTitle(option: string, text: string): string {
  if (!/^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(text) || text.trim() === '') {
    throw new UsageError(`${option} must be an AE title of 1 to 16 characters`);
  }
  return text.trim();
}

/** Reads `HOST:PORT` and the options beside it. @throws UsageError; Failure for files of TLS that cannot be read */
export async function readPeer(address: string, values: Values<typeof PEER_OPTIONS>): Promise<Peer> {
  const tls = await tlsClient(values);
  return {
    ...hostAndPort(address),
    calledAETitle: aeTitle('--called', values.called),
    callingAETitle: aeTitle('--calling', values.calling),
    connectTimeoutMs: seconds('--connect-timeout', values['connect-timeout']),
    associationTimeoutMs: seconds('--association-timeout', values['association-timeout']),
    responseTimeoutMs: seconds('--response-timeout', values['response-timeout']),
    idleTimeoutMs: seconds('--idle-timeout', values['idle-timeout']),
    ...(tls && { tls }),
  };
}

/** `pacs.example:104`, `192.0.2.1:104`, `[2001:db8::1]:104`. @throws UsageError */
export function hostAndPort(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || port === undefined) throw new UsageError(`not HOST:PORT: ${text}`);
  return { host, port: integer('the port', port, 1, 65_535) };
}

/** A UID (PS3.5 §9.1). @throws UsageError */
export function uid(option: string, text: string): string {
  if (!/^[0-9]+(\.[0-9]+)*$/.test(text) || text.length > 64)
    throw new UsageError(`${option} must be a UID, not ${text}`);
  return text;
}
