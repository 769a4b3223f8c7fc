import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { encodeCommand } from '../command.ts';
import type { Command } from '../command.ts';
import { encodePdu, writeDataHeader } from '../pdu/encode.ts';
import { APPLICATION_CONTEXT } from '../pdu/types.ts';
import type { AssociateAccept, AssociateRequest, UserInformation } from '../pdu/types.ts';

/** Peers that send exact bytes, for everything a well-behaved one never does. */

const user: UserInformation = {
  maxLength: 16384,
  implementationClassUID: '1.2.3',
  implementationVersionName: 'SCRIPT',
  roles: [],
};

/** An A-ASSOCIATE-RQ for some contexts, ids 1, 3, 5 …; explicit little endian if no transfer syntaxes are given. */
export function associateRequest(
  abstractSyntaxes: readonly string[],
  changes: Partial<AssociateRequest> = {},
): AssociateRequest {
  return {
    kind: 'associate-request',
    protocolVersion: 1,
    calledAETitle: 'RX',
    callingAETitle: 'SCRIPT',
    applicationContext: APPLICATION_CONTEXT,
    contexts: abstractSyntaxes.map((abstractSyntax, index) => ({
      id: index * 2 + 1,
      abstractSyntax,
      transferSyntaxes: ['1.2.840.10008.1.2.1'],
    })),
    user,
    ...changes,
  };
}

/** An A-ASSOCIATE-AC that accepts these context ids with one transfer syntax. */
export function associateAccept(ids: readonly number[], transferSyntax = '1.2.840.10008.1.2.1'): AssociateAccept {
  return {
    kind: 'associate-accept',
    protocolVersion: 1,
    calledAETitle: 'RX',
    callingAETitle: 'SCRIPT',
    applicationContext: APPLICATION_CONTEXT,
    contexts: ids.map((id) => ({ id, result: 0, transferSyntax })),
    user,
  };
}

/** A P-DATA-TF with one fragment. */
export function dataPdu(contextId: number, command: boolean, bytes: Buffer, last = true): Buffer {
  const header = Buffer.alloc(12);
  writeDataHeader(header, 0, { contextId, command, last, length: bytes.length });
  return Buffer.concat([header, bytes]);
}

/** A whole message, its data set in fragments of at most `fragment` bytes. */
export function messagePdus(contextId: number, command: Command, dataSet?: Buffer, fragment = 16_000): Buffer {
  const pdus = [dataPdu(contextId, true, encodeCommand(command, dataSet !== undefined))];
  for (let offset = 0; dataSet !== undefined && offset < dataSet.length; offset += fragment) {
    const part = dataSet.subarray(offset, offset + fragment);
    pdus.push(dataPdu(contextId, false, part, offset + part.length === dataSet.length));
  }
  return Buffer.concat(pdus);
}

/** One end of a connection that writes what it is told and keeps what it gets. */
export class ScriptedSocket implements AsyncDisposable {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      socket.emit('more');
    });
    socket.on('close', () => socket.emit('more'));
  }

  /** Connects to a port of loopback. */
  static async to(port: number): Promise<ScriptedSocket> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    return new ScriptedSocket(socket);
  }

  write(...parts: readonly Buffer[]): void {
    for (const part of parts) this.socket.write(part);
  }

  /** The next whole PDU, undefined when the other end has closed. */
  async pdu(): Promise<Buffer | undefined> {
    for (;;) {
      const length = this.#received.length >= 6 ? 6 + this.#received.readUInt32BE(2) : Infinity;
      if (this.#received.length >= length) {
        const pdu = this.#received.subarray(0, length);
        this.#received = this.#received.subarray(length);
        return pdu;
      }
      if (this.socket.destroyed || this.socket.readableEnded) return undefined;
      await once(this.socket, 'more', { signal: AbortSignal.timeout(10_000) });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
  }
}

/** A listening peer that plays `script` with each connection. */
export async function scriptedServer(
  script: (socket: ScriptedSocket) => Promise<void>,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    script(new ScriptedSocket(socket)).catch(() => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Waits for an A-ASSOCIATE-RQ and accepts context 1. */
export async function acceptOne(peer: ScriptedSocket, transferSyntax?: string): Promise<void> {
  await peer.pdu();
  peer.write(encodePdu(associateAccept([1], transferSyntax)));
}
