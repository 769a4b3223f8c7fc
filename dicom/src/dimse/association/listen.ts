import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { DimseError } from '../errors.ts';
import { APPLICATION_CONTEXT, REJECTION } from '../pdu/types.ts';
import type { AssociateRequest, Rejection } from '../pdu/types.ts';
import { Association } from './association.ts';
import type { AssociationDeadlines } from './association.ts';
import { buildAccept, MAX_CONTEXTS } from './negotiation.ts';
import type { AssociationCall, Negotiate } from './negotiation.ts';

/** Bounds of a listener. Times in ms. */
export interface ListenLimits extends AssociationDeadlines {
  /** Open associations in all. */
  readonly maxAssociations: number;
  /** Open associations of one remote address. */
  readonly maxAssociationsPerHost: number;
}

/** 30 s for the association, 60 s between messages and inside them; 64 associations, 32 of one host. */
export const LISTEN_LIMITS: ListenLimits = {
  associationTimeoutMs: 30_000,
  responseTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
  maxAssociations: 64,
  maxAssociationsPerHost: 32,
};

/** How a listener decides and what it does. */
export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly limits?: Partial<ListenLimits>;
  /** Puts something between a connection and its association, for tests that spoil the line. Must not reject. */
  readonly through?: (socket: Socket) => Promise<Socket>;
  /** Welcomes a peer or refuses it with a reason (`REJECTION`). */
  authorize(call: AssociationCall): 'accept' | Rejection | Promise<'accept' | Rejection>;
  readonly negotiate: Negotiate;
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
  const limits = { ...LISTEN_LIMITS, ...options.limits };
  const associations = new Set<Association>();
  const server = createServer({ noDelay: true }, (socket) => {
    void serveSocket(socket, options, limits, associations);
  });
  server.maxConnections = limits.maxAssociations * 2;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    associations,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const association of associations) association.abort(new DimseError('canceled'));
      await closed;
    },
  };
}

async function serveSocket(
  socket: Socket,
  options: ListenOptions,
  limits: ListenLimits,
  associations: Set<Association>,
): Promise<void> {
  const association = new Association(options.through ? await options.through(socket) : socket, limits);
  associations.add(association);
  void association.closed.then(() => associations.delete(association));
  let call: AssociationCall | undefined;
  try {
    const request = await association.associatePdu();
    if (request.kind !== 'associate-request') throw new DimseError('protocol-violation', { what: 'associate' });
    call = describe(association, request);
    const verdict = refusal(request, association, limits, associations) ?? (await options.authorize(call));
    if (verdict !== 'accept') {
      association.reject(verdict);
      throw new DimseError('association-rejected', { ...verdict });
    }
    const { accept, contexts } = buildAccept(request, call, options.negotiate);
    const { callingAETitle, calledAETitle } = call;
    await association.sendPdu(accept);
    association.open({ callingAETitle, calledAETitle, contexts, peerMaxLength: request.user.maxLength });
    await options.serve(association, call);
  } catch (error) {
    options.onError?.(error, call);
  } finally {
    association.abort();
  }
}

/** What is refused before anybody is asked. */
function refusal(
  request: AssociateRequest,
  association: Association,
  limits: ListenLimits,
  associations: ReadonlySet<Association>,
): Rejection | undefined {
  if ((request.protocolVersion & 1) === 0) return REJECTION.protocolVersion;
  if (request.applicationContext !== APPLICATION_CONTEXT) return REJECTION.applicationContext;
  if (request.contexts.length > MAX_CONTEXTS) return REJECTION.noReason;
  const sameHost = [...associations].filter(({ remoteAddress }) => remoteAddress === association.remoteAddress);
  const full = associations.size > limits.maxAssociations || sameHost.length > limits.maxAssociationsPerHost;
  return full ? REJECTION.localLimitExceeded : undefined;
}

function describe(association: Association, request: AssociateRequest): AssociationCall {
  return {
    callingAETitle: request.callingAETitle,
    calledAETitle: request.calledAETitle,
    remoteAddress: association.remoteAddress,
    remotePort: association.remotePort,
    implementationClassUID: request.user.implementationClassUID,
    implementationVersionName: request.user.implementationVersionName,
    contexts: request.contexts,
  };
}
