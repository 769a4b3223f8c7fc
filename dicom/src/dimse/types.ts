/** The public shapes of dicom/dimse. Sockets and PDUs are behind them. */

/**
 * Settles when so many bytes may go to a peer, or when so many that came from it are paid for; in the order of the calls. At once
 * when the signal is aborted: the connection is gone. Must not reject.
 */
export type Throttle = (bytes: number, signal: AbortSignal) => Promise<void>;

/** Who we talk to and how patient we are. All times in ms. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  readonly connectTimeoutMs: number;
  readonly associationTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Present when the peer is spoken to over TLS. */
  readonly tls?: TlsClient;
  readonly userIdentity?: UserIdentity;
  /** Holds the bytes of its associations, in both directions, to a speed. */
  readonly throttle?: Throttle;
}

/** Who somebody is over TLS: a certificate with its chain, and its key (PEM). */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
  /** Of an encrypted key. */
  readonly passphrase?: string;
}

/** How we prove who we are over TLS to peers that ask for it, and whom we trust (PS3.15 §B.12). */
export interface TlsClient extends Partial<TlsIdentity> {
  /** Authorities (PEM) that we trust instead of the system's. */
  readonly ca?: string;
  /** The name that must be in the peer's certificate; `host` of the peer if it is left out. */
  readonly serverName?: string;
}

/** TLS of a listening port (PS3.15 §B.12). */
export interface TlsServer extends TlsIdentity {
  /** Authorities (PEM) of client certificates. When given, a peer without a certificate of theirs is refused. */
  readonly clientCa?: string;
}

/** Whom a peer shall take us for (PS3.7 §D.3.3.7). Secrets: never for logs. */
export type UserIdentity =
  | { readonly kind: 'username'; readonly username: string; readonly passcode?: string }
  | { readonly kind: 'kerberos'; readonly ticket: Uint8Array }
  | { readonly kind: 'saml'; readonly assertion: string }
  | { readonly kind: 'jwt'; readonly token: string };

/** PS3.8 §7.1.1.13: one abstract syntax with the transfer syntaxes offered for it. */
export interface PresentationContextProposal {
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
  /** Proposes that we are SCP of it on our own association (C-GET), PS3.7 §D.3.3.4. */
  readonly scpRole?: boolean;
  /** Service-class-application-information for it (PS3.7 §D.3.3.5). */
  readonly extended?: Buffer;
  /** What a private or specialized class may be taken for (PS3.7 §D.3.3.6). */
  readonly commonExtended?: {
    readonly serviceClassUID: string;
    readonly relatedGeneralSOPClassUIDs: readonly string[];
  };
}

/** Where the bytes of a data set are: pieces in memory and regions of files, in order. No file meta. */
export type DataSetPiece = Uint8Array | { readonly path: string; readonly start: number; readonly end: number };

/** An instance as it is sent: its bytes go out exactly as they are. */
export interface OutgoingInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly dataSet: readonly DataSetPiece[];
  /** Set when the store is a sub-operation of a C-MOVE (PS3.7 §9.1.1.1). */
  readonly moveOriginator?: { readonly aeTitle: string; readonly messageID: number };
}

/** An instance that a peer is about to send us. */
export interface IncomingInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
  readonly callingAETitle: string;
  readonly calledAETitle: string;
  readonly remoteAddress: string;
  readonly moveOriginator?: { readonly aeTitle: string; readonly messageID: number };
}

/** What became of it: the durable file (Part 10, meta written by us, data set byte-exact). */
export interface StoredInstance extends IncomingInstance {
  readonly path: string;
  /** Bytes of the data set, without preamble and meta. */
  readonly bytes: number;
  /** SHA-256 of the data set, hex; empty when the sink wants none. */
  readonly sha256: string;
}

/**
 * Where an instance goes: the final path of its file, which is written beside it as `.part`, fsynced and renamed; with `spare`, an
 * empty file of the same file system, that is written and renamed instead of a new one.
 */
export interface Placement {
  readonly path: string;
  readonly spare?: string;
}

/**
 * Decides about each incoming instance. `begin` gives its place or a refusal status; `done` is called when the file is durable and gives
 * the status of the C-STORE response.
 */
export interface InstanceSink {
  begin(
    instance: IncomingInstance,
  ): Placement | { readonly refuse: number } | Promise<Placement | { readonly refuse: number }>;
  done(instance: StoredInstance): number | Promise<number>;
  /**
   * What the answer to a C-STORE promises: `synced`, the default, that the file outlasts the machine's power; `written`, that it
   * outlasts this process.
   */
  readonly durability?: 'synced' | 'written';
  /** Whether it wants the SHA-256 of each data set, which takes about as long as writing it; true by default. */
  readonly hashed?: boolean;
  /** The transfer of an instance broke off; its partial file is already gone. */
  failed?(instance: IncomingInstance, error: unknown): void;
}

/** Sub-operation counters of a C-GET or C-MOVE (PS3.7 §9.1.3.1.4). Undefined where the peer left them out. */
export interface SubOperations {
  readonly remaining?: number;
  readonly completed?: number;
  readonly failed?: number;
  readonly warning?: number;
}
export interface RetrieveResult extends SubOperations {
  /** Final status of the C-GET or C-MOVE response. */
  readonly status: number;
}

export type QueryLevel = 'PATIENT' | 'STUDY' | 'SERIES' | 'IMAGE';

/** Keyword → value(s). Empty string asks for the attribute (universal matching). */
export type Identifier = Readonly<Record<string, string | readonly string[]>>;

/** An answer of a C-FIND: keyword → values as text, decoded by the answer's own character set. */
export type Answer = Readonly<Record<string, readonly string[]>>;
