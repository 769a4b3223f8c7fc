import type { QueryLevel, TlsServer } from '@viaduct/dicom/dimse';

/** What the scripted PACS does wrong. Everything left out works; counts are per association, times in ms. */
export interface Faults {
  /** SOP Instance UIDs that C-FIND lists but C-GET and C-MOVE fail to deliver. */
  readonly withhold?: readonly string[];
  /** A-ABORT when so many instances have been sent or received. */
  readonly abortAfter?: number;
  /** How often `abortAfter` strikes before it is over; without a limit by default. */
  readonly abortTimes?: number;
  /** Neither sends nor answers any more when so many instances have been sent or received. */
  readonly hangAfter?: number;
  /** How often `hangAfter` strikes before it is over; without a limit by default. */
  readonly hangTimes?: number;
  /** Ends its direction of the connection (FIN) when so many instances have been sent or received, and goes on reading. */
  readonly halfCloseAfter?: number;
  /** Stays silent after the connection (A-ASSOCIATE unanswered) or accepts and leaves every request unanswered. */
  readonly silent?: 'association' | 'requests';
  /** Refuses associations: called or calling AE title not recognized, or temporary congestion. */
  readonly refuseAssociation?: 'called' | 'calling' | 'transient';
  /** Final status of these requests, 0xA700 for example; nothing is done. */
  readonly refuseStatus?: Readonly<Partial<Record<Operation, number>>>;
  /** Status of the answer to an instance that it keeps: 0xB000, it has changed attributes, for example. */
  readonly keepStatus?: number;
  /** Pause before each instance that is sent or acknowledged. */
  readonly delayMs?: number;
  /** Pause before each answer of a C-FIND. */
  readonly answerDelayMs?: number;
  /** Both pauses last up to so much longer. */
  readonly jitterMs?: number;
  /** Pause before each instance for every open association above a number: a PACS that chokes on too much at a time. */
  readonly slowAbove?: { readonly associations: number; readonly delayMs: number };
  /** Studies come from slow storage: the first retrieve of each waits so long, and C-FIND says NEARLINE until then. */
  readonly nearline?: { readonly delayMs: number; readonly studies?: readonly string[] };
  /** Associations beyond this number are refused as temporary congestion. */
  readonly maxAssociations?: number;
  /** Resets every connection when more associations are open, or more C-FIND, C-GET and C-MOVE come within `perMs` (60,000). */
  readonly resetAbove?: { readonly associations?: number; readonly requests?: number; readonly perMs?: number };
  /** A C-FIND ends after so many answers with a status: 0xA700 by default, 0 to keep it quiet. */
  readonly answersCap?: { readonly max: number; readonly status?: number };
  /** Matching keys, by keyword, that a C-FIND takes no notice of. */
  readonly ignoreKeys?: readonly string[];
  /** Added to Number of … Related Instances in the answers of a C-FIND. */
  readonly countsOff?: number;
  /** Sub-operation counters: always 0, left out, or failures counted as completed and called a success. */
  readonly counters?: 'zero' | 'none' | 'all-completed';
  /** Reports on storage commitment on an association of its own, or never; on the same association by default. */
  readonly commitment?: 'later' | 'never';
  /** Every so often, or each day at `HH:MM` UTC, resets every connection and takes none for `downMs`. */
  readonly restart?: { readonly everyMs?: number; readonly at?: string; readonly downMs: number };
  /** The network before it; for connections that are made from now on. */
  readonly line?: LineFaults;
}

/** A bad network, in each direction. */
export interface LineFaults {
  /** Time on the way; bytes never overtake each other. */
  readonly latencyMs?: number;
  /** It varies up to so much upwards. */
  readonly jitterMs?: number;
  readonly bytesPerSecond?: number;
  /** Writes each message in two parts without TCP_NODELAY: each waits some 40 ms for a delayed acknowledgement. */
  readonly nagle?: boolean;
}

export type Operation = 'find' | 'get' | 'move' | 'store';

/** A request as it came. UIDs are the values of the unique keys; C-STORE requests are not listed, see `received`. */
export interface RequestRecord {
  /** ms since 1970. */
  readonly at: number;
  readonly association: number;
  readonly callingAETitle: string;
  readonly operation: 'echo' | Exclude<Operation, 'store'>;
  readonly level?: QueryLevel;
  readonly studies: readonly string[];
  readonly series: readonly string[];
  readonly instances: readonly string[];
  readonly moveDestination?: string;
}

/** Something that happened, in order. */
export interface PacsEvent {
  /** ms since 1970. */
  readonly at: number;
  readonly association: number;
  readonly kind:
    | 'associated'
    | 'refused'
    | 'released'
    | 'broken'
    | 'request'
    | 'finished'
    | 'canceled'
    | 'delivered'
    | 'received'
    | 'fault';
  /** AE title, SOP Instance UID, operation or name of the fault. */
  readonly what: string;
  readonly status?: number;
}

/** Everything that was counted since the start or the last reset. */
export interface PacsState {
  /** C-STORE sub-operations begun, by SOP Instance UID. */
  readonly delivered: Readonly<Record<string, number>>;
  /** C-STORE sub-operations that the peer answered with success or a warning. */
  readonly acknowledged: Readonly<Record<string, number>>;
  /** Instances received, kept and answered. */
  readonly received: Readonly<Record<string, number>>;
  readonly requests: readonly RequestRecord[];
  readonly openAssociations: number;
  readonly peakAssociations: number;
  /** How often all connections were reset because of `resetAbove`. */
  readonly resets: number;
  /** The last 20,000. */
  readonly events: readonly PacsEvent[];
}

/** Where a C-MOVE can go. */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

export interface PacsOptions {
  /** Folder of Part 10 files, searched with its subfolders; received instances go to `received/` in it. */
  readonly dir: string;
  /** `PACS` by default. */
  readonly aeTitle?: string;
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** A free one by default. */
  readonly port?: number;
  /** By AE title. */
  readonly destinations?: Readonly<Record<string, Destination>>;
  readonly faults?: Faults;
  /** Only these callers are accepted; everybody by default. */
  readonly callingAETitles?: readonly string[];
  /** Speaks TLS only, when given. */
  readonly tls?: TlsServer;
  /** Only these transfer syntaxes are taken for storage; every standard one by default. */
  readonly transferSyntaxes?: readonly string[];
}

/** A running PACS, in this process or another one. */
export interface Pacs extends AsyncDisposable {
  /** Folder of its files. */
  readonly dir: string;
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
  /** Replaces the script of faults; `{}` heals everything. Takes effect at the next instance or request. */
  setFaults(faults: Faults): Promise<void>;
  setDestinations(destinations: Readonly<Record<string, Destination>>): Promise<void>;
  /** Counters and log. */
  state(): Promise<PacsState>;
  /** Sets counters and log to nothing. */
  reset(): Promise<void>;
  /** SOP Instance UIDs of everything it holds, sorted. */
  instances(): Promise<string[]>;
  /** Reads files that were put into its folder since the start. */
  rescan(): Promise<void>;
  close(): Promise<void>;
}
