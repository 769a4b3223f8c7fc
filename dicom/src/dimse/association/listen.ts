import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { DimseError } from '../errors.ts';
import { APPLICATION_CONTEXT, REJECTION } from '../pdu/types.ts';
import type { AssociateRequest, Rejection } from '../pdu/types.ts';
import type { TlsServer } from '../types.ts';
import { Association } from './association.ts';
import type { AssociationDeadlines } from './association.ts';
import { buildAccept, MAX_CONTEXTS } from './negotiation.ts';
import type { AcceptorPolicy, AssociationCall } from './negotiation.ts';
import { release } from './release.ts';
import { certificateNameOf, createTlsServer, refusedClient } from './tls.ts';

/** Bounds of a listener. Times in ms. */
export interface ListenLimits extends AssociationDeadlines {
  /** Open associations in all. */
  readonly maxAssociations: number;
  /** Open associations of one remote address. */
  readonly maxAssociationsPerHost: number;
  /** Connections on which no association was asked for yet; a further one takes the place of the oldest. */
  readonly maxWaiting: number;
}

/** 30 s for the association, 60 s between messages and inside them; 64 associations, 32 of one host, 64 connections without one. */
export const LISTEN_LIMITS: ListenLimits = {
  associationTimeoutMs: 30_000,
  responseTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
  maxAssociations: 64,
  maxAssociationsPerHost: 32,
  maxWaiting: 64,
};

/** How a listener decides and what it does. */
export interface ListenOptions extends AcceptorPolicy {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Speaks TLS only, when given. */
  readonly tls?: TlsServer;
  readonly limits?: Partial<ListenLimits>;
  /** Puts something between a connection and its association, for tests that spoil the line. Must not reject. */
  readonly through?: (socket: Socket) => Promise<Socket>;
  /** Welcomes a peer or refuses it with a reason (`REJECTION`). */
  authorize(call: AssociationCall): 'accept' | Rejection | Promise<'accept' | Rejection>;
  /**
   * Serves one association until it ends; read `association.receive()`. When this settles an association that is still open is
   * aborted. What it throws goes to `onError`.
   */
  serve(association: Association, call: AssociationCall): Promise<void>;
  /** An association that was refused, broke, or failed to come about. */
  readonly onError?: (error: unknown, call?: AssociationCall) => void;
}

/** A listening port. */
export interface Listener {
  readonly port: number;
  /** Associations that are open now. */
  readonly associations: ReadonlySet<Association>;
  /** Takes no more, aborts what is open, and settles when everything is closed. */
  close(): Promise<void>;
}

/** Accepts associations on a port. Settles when it listens; fails with the system's error when it cannot. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const door = new Door(options);
  const { tls } = options;
  const onSocket = (socket: Socket) => void door.enter(socket);
  const server = tls
    ? createTlsServer(tls, door.limits.associationTimeoutMs, onSocket)
    : createServer({ noDelay: true }, onSocket);
  server.on('connection', (socket: Socket) => door.knock(socket));
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => options.onError?.(refusedClient(error, socket)));
  server.maxConnections = 2 * (door.limits.maxAssociations + door.limits.maxWaiting);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    associations: door.open,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      door.abortAll();
      await closed;
    },
  };
}

/** Lets peers in, one association after the other, and counts them. */
class Door {
  readonly limits: ListenLimits;
  readonly open = new Set<Association>();
  /** Connections whose A-ASSOCIATE-RQ has not come, by their other end, oldest first. */
  readonly #waiting = new Map<string, Socket>();
  readonly #options: ListenOptions;

  constructor(options: ListenOptions) {
    this.limits = { ...LISTEN_LIMITS, ...options.limits };
    this.#options = options;
  }

  abortAll(): void {
    for (const association of this.open) association.abort(new DimseError('canceled'));
    for (const socket of this.#waiting.values()) socket.destroy();
  }

  /** Counts a connection that has just come. Whoever says nothing must not keep others out: the oldest has to go for it. */
  knock(socket: Socket): void {
    const end = otherEnd(socket);
    this.#waiting.set(end, socket);
    socket.once('close', () => this.#waiting.delete(end));
    const [oldest] = this.#waiting.values();
    if (this.#waiting.size > this.limits.maxWaiting) oldest?.destroy();
  }

  /** Serves a connection to its end. */
  async enter(socket: Socket): Promise<void> {
    const certificateName = certificateNameOf(socket);
    const end = otherEnd(socket);
    const { through } = this.#options;
    const association = new Association(through ? await through(socket) : socket, this.limits);
    if (!through) socket.on('data', release);
    let call: AssociationCall | undefined;
    try {
      const request = await association.associatePdu();
      if (request.kind !== 'associate-request') throw new DimseError('protocol-violation', { what: 'associate' });
      this.#waiting.delete(end);
      this.open.add(association);
      call = { ...describe(association, request), ...(certificateName !== undefined && { certificateName }) };
      const verdict = this.#refusal(request, association) ?? (await this.#options.authorize(call));
      if (verdict !== 'accept') {
        association.reject(verdict);
        throw new DimseError('association-rejected', { ...verdict });
      }
      const { accept, agreement } = buildAccept(request, call, this.#options);
      await association.sendPdu(accept);
      association.open(agreement);
      await this.#options.serve(association, call);
    } catch (error) {
      this.#options.onError?.(error, call);
    } finally {
      association.abort();
      await association.closed;
      this.open.delete(association);
    }
  }

  /** What is refused before anybody is asked. */
  #refusal(request: AssociateRequest, { remoteAddress }: Association): Rejection | undefined {
    if ((request.protocolVersion & 1) === 0) return REJECTION.protocolVersion;
    if (request.applicationContext !== APPLICATION_CONTEXT) return REJECTION.applicationContext;
    if (request.contexts.length > MAX_CONTEXTS) return REJECTION.noReason;
    const sameHost = [...this.open].filter((other) => other.remoteAddress === remoteAddress);
    const { maxAssociations, maxAssociationsPerHost } = this.limits;
    const full = this.open.size > maxAssociations || sameHost.length > maxAssociationsPerHost;
    return full ? REJECTION.localLimitExceeded : undefined;
  }
}

function otherEnd({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function describe(association: Association, request: AssociateRequest): AssociationCall {
  const { user } = request;
  return {
    callingAETitle: request.callingAETitle,
    calledAETitle: request.calledAETitle,
    remoteAddress: association.remoteAddress,
    remotePort: association.remotePort,
    implementationClassUID: user.implementationClassUID,
    implementationVersionName: user.implementationVersionName,
    contexts: request.contexts,
    commonExtended: user.commonExtended ?? [],
    ...(user.userIdentity && { userIdentity: user.userIdentity }),
  };
}
