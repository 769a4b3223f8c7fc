import { setTimeout as delay } from 'node:timers/promises';
import {
  connect,
  DimseError,
  REJECTION,
  SOP_CLASS,
  startStorageScp,
  type AssociationCall,
  type Rejection,
  type StorageScp,
  type Throttle,
  type TlsServer,
  TRANSFER_SYNTAX,
} from '@viaduct/dicom/dimse';
import type { Logger } from 'pino';
import type { ArrivalRegistry } from './registry.ts';
import { ReceiverTally } from './tally.ts';

/** Where and as whom the receiver listens. */
export interface ReceiverOptions {
  readonly aeTitle: string;
  readonly host: string;
  /** 0: any free port, kept when it has to listen again. */
  readonly port: number;
  readonly arrivals: ArrivalRegistry;
  /** Whether a configured node calls itself so. */
  readonly knows: (callingAETitle: string) => boolean;
  /** Holds the bytes of the node that calls itself so to its limit. */
  readonly throttleOf?: (callingAETitle: string) => Throttle | undefined;
  /** Whether associations may come from this address. */
  readonly admits: (address: string) => boolean;
  /** Speaks TLS only, when given. */
  readonly tls?: TlsServer;
  readonly log: Logger;
  /** Called when the receiver could not be brought back: without it this host takes work that it cannot do. */
  readonly onLost: () => void;
  /** Times in ms, for tests. */
  readonly probeEveryMs?: number;
  readonly giveUpAfterMs?: number;
}

const PROBE_EVERY_MS = 5_000;
const GIVE_UP_AFTER_MS = 30_000;
const PROBE_TIMEOUT_MS = 3_000;
/** How the receiver calls itself when it asks itself whether it is there. */
const PROBE_AE_TITLE = 'VIADUCT_PROBE';

/**
 * The Storage SCP of this host (PS3.4 §B): takes what a running retrieve expects, refuses everything else. It asks itself
 * for an association every few seconds; when it does not answer it listens anew, and after half a minute gives up.
 */
export class Receiver implements AsyncDisposable {
  readonly #options: ReceiverOptions;
  readonly #closing = new AbortController();
  #scp: StorageScp | undefined;
  #port: number;
  #isUp = false;
  #watching: Promise<void> | undefined;
  /** Who has called, and what came of it. */
  readonly tally = new ReceiverTally();

  private constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  /** Starts listening. Throws the system's error when the port cannot be taken. */
  static async start(options: ReceiverOptions): Promise<Receiver> {
    const receiver = new Receiver(options);
    await receiver.#listen();
    receiver.#watching = receiver.#watch();
    return receiver;
  }

  get port(): number {
    return this.#port;
  }

  /** Whether it answered when it was asked last. */
  get isUp(): boolean {
    return this.#isUp;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    await this.#scp?.close();
    this.#isUp = false;
  }

  async #listen(): Promise<void> {
    const { aeTitle, host, arrivals, knows, throttleOf, admits, tls, log } = this.#options;
    this.#scp = await startStorageScp({
      aeTitle,
      host,
      port: this.#port,
      tls,
      authorize: ({ callingAETitle, remoteAddress }) =>
        knows(callingAETitle) && admits(remoteAddress) ? 'accept' : REJECTION.callingAETitle,
      throttleOf: (call) => throttleOf?.(call.callingAETitle),
      onServed: (call) => this.tally.opened(call),
      sink: this.tally.counted(arrivals),
      onError: (error, call) => {
        log.debug({ from: call?.callingAETitle, error: reasonOf(error) }, 'an association ended');
        if (call) this.#onEnded(error, call);
      },
    });
    this.#port = this.#scp.port;
    this.#isUp = true;
  }

  #onEnded(error: unknown, call: AssociationCall): void {
    if (!(error instanceof DimseError) || error.reason !== 'association-rejected') return;
    if (call.callingAETitle === PROBE_AE_TITLE) return;
    const isFor = ({ source, reason }: Rejection) =>
      error.facts['source'] === source && error.facts['reason'] === reason;
    if (isFor(REJECTION.callingAETitle)) {
      this.tally.refused(call, this.#options.knows(call.callingAETitle) ? 'address' : 'caller-unknown');
    } else if (isFor(REJECTION.calledAETitle)) this.tally.refused(call, 'called-ae-title');
    else this.tally.refused(call, isFor(REJECTION.localLimitExceeded) ? 'too-many' : 'protocol');
  }

  async #watch(): Promise<void> {
    const { log, onLost, probeEveryMs = PROBE_EVERY_MS, giveUpAfterMs = GIVE_UP_AFTER_MS } = this.#options;
    let lastUp = performance.now();
    for (;;) {
      await delay(probeEveryMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      if (this.#closing.signal.aborted) return;
      this.#isUp = await this.#answers();
      if (this.#isUp) {
        lastUp = performance.now();
        continue;
      }
      log.warn({ port: this.#port }, 'the receiver does not answer and is started again');
      try {
        await this.#scp?.close();
        await this.#listen();
      } catch (error) {
        log.warn({ port: this.#port, error: reasonOf(error) }, 'the receiver cannot listen');
      }
      if (!this.#isUp && performance.now() - lastUp > giveUpAfterMs) return onLost();
    }
  }

  async #answers(): Promise<boolean> {
    const { aeTitle, host, tls } = this.#options;
    const peer = {
      ...(tls && { tls: {} }),
      host: host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host,
      port: this.#port,
      calledAETitle: aeTitle,
      callingAETitle: PROBE_AE_TITLE,
      connectTimeoutMs: PROBE_TIMEOUT_MS,
      associationTimeoutMs: PROBE_TIMEOUT_MS,
      responseTimeoutMs: PROBE_TIMEOUT_MS,
      idleTimeoutMs: PROBE_TIMEOUT_MS,
    };
    const verification = {
      abstractSyntax: SOP_CLASS.verification,
      transferSyntaxes: [TRANSFER_SYNTAX.implicitLittleEndian],
    };
    try {
      const association = await connect(peer, [verification], { signal: this.#closing.signal });
      await association.release();
      return true;
    } catch (error) {
      // A rejection is an answer, and so is what TLS says: the probe is nobody's node and trusts nobody.
      return this.#closing.signal.aborted || /rejected|tls-failure/.test(reasonOf(error));
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { reason, code } = error as Error & { reason?: unknown; code?: unknown };
  return [reason, code].find((text) => typeof text === 'string') ?? error.name;
}
