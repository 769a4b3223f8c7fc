import type {
  Capabilities,
  InstanceSink,
  PresentationContextProposal,
  RetrieveResult,
  SubOperations,
  Throttle,
} from '@viaduct/dicom/dimse';
import type { Cause } from '@viaduct/domain';
import { reportExperience, type Database, type Experience } from '@viaduct/prisma';
import { Bandwidths, type Limited } from './bandwidth.ts';
import { openFolder, watched, type DestinationSession } from './destination.ts';
import { PacsError, toPacsError } from './errors.ts';
import { findContents, findPresent, findSeries, type SeriesAnswer, type StudyContents } from './instances.ts';
import type { Face, RetrieveSelection } from './faces/face.ts';
import { Faces, type FaceOptions } from './faces/faces.ts';
import { Gaps } from './gaps.ts';
import type { GatewayNode } from './node.ts';
import { findSmallSeries, type SmallSeries } from './smallSeries.ts';
import { testNode, type TestResult } from './nodeTest.ts';
import { waitForTurn, type RateListener } from './rate.ts';
import { waitForSlot } from './slots.ts';
import { findStudies, findStudy, type Ask, type StudyAnswer, type StudyCriteria } from './studies.ts';
import { verifyFolder, verifyPatiently } from './verify.ts';

/** What the gateway needs of its process. */
export interface GatewayOptions extends FaceOptions {
  readonly database: Database;
  readonly folderRoots: readonly string[];
  /** Who holds the slots that are taken: the host id, or starts with it and a slash. */
  readonly holder: string;
  readonly leaseTtlMs: number;
}

/** Stops a call and hears about its waiting. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** The job it is made for, if it is for one. */
  readonly jobId?: string;
  /** For a free association: `used` of `of` are open. */
  onWait?(used: number, of: number): void | Promise<void>;
  /** For the node's limit of requests, until then; null: that is over. */
  readonly onRate?: RateListener;
}

/** Stops a retrieve, hears about its waiting for the node's limit of requests, and about its progress. */
export interface RetrieveOptions {
  readonly signal?: AbortSignal;
  readonly onRate?: RateListener;
  onProgress?(counts: SubOperations): void;
}

/** An instance that should be at a destination, by the names it has there. */
export interface ExpectedThere {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** Folder destinations: path below the folder and SHA-256 of the file when it was written. */
  readonly relativePath?: string | null;
  readonly fileSha256?: string | null;
}

/** The one way to every node. Every request obeys the node's limit of requests in any minute. */
export interface Gateway {
  /**
   * Reaches out to a node once, inside its limit. When all its associations stay open for as long as a test waits,
   * it is not asked, and `busy` says so.
   */
  test(node: GatewayNode, options?: CallOptions): Promise<TestResult>;
  /** What the DIMSE face of a node accepts. @throws PacsError `node-gone` when it has none */
  capabilities(node: GatewayNode, options?: CallOptions): Promise<Capabilities>;
  /** Studies that match, as they come, filtered again here. Leaving the loop cancels the query at the node. */
  findStudies(node: GatewayNode, criteria: StudyCriteria, options?: CallOptions): AsyncGenerator<StudyAnswer>;
  findSeries(node: GatewayNode, studyInstanceUid: string, options?: CallOptions): Promise<SeriesAnswer[]>;
  /** What a study, or chosen series of it, holds. @throws PacsError `study-unknown` */
  findContents(
    node: GatewayNode,
    study: { readonly studyInstanceUid: string; readonly seriesInstanceUids?: readonly string[] },
    options?: CallOptions,
  ): Promise<StudyContents & { readonly study: StudyAnswer }>;
  /** A series of few instances by which a retrieve can be tried out; undefined: none was found among some studies. */
  findSmallSeries(node: GatewayNode, options?: CallOptions): Promise<SmallSeries | undefined>;
  /** Gets instances into the sink (C-GET or WADO-RS). The caller holds a slot. */
  get(
    node: GatewayNode,
    selection: RetrieveSelection,
    proposals: readonly PresentationContextProposal[] | undefined,
    sink: InstanceSink,
    options?: RetrieveOptions,
  ): Promise<RetrieveResult>;
  /** Lets a node send instances to a receiver (C-MOVE). The caller holds a slot. */
  move(
    node: GatewayNode,
    selection: RetrieveSelection,
    receiverAeTitle: string,
    options?: RetrieveOptions,
  ): Promise<RetrieveResult>;
  /** Opens a destination. The caller holds a slot when it is a server. */
  open(
    node: GatewayNode,
    proposals: readonly PresentationContextProposal[],
    options?: Pick<CallOptions, 'signal' | 'onRate'>,
  ): Promise<DestinationSession>;
  /** Holds what comes from a node by itself (to a receiver) to its limit of bytes; undefined: it has none. */
  throttleOf(node: Limited): Throttle | undefined;
  /** Which of the expected instances the destination really holds, by the SOP Instance UID they have there. */
  verify(
    node: GatewayNode,
    studyInstanceUid: string,
    expected: readonly ExpectedThere[],
    options?: CallOptions,
  ): Promise<Set<string>>;
}

function bySeries(expected: readonly ExpectedThere[]): Map<string, string[]> {
  const series = new Map<string, string[]>();
  for (const { seriesInstanceUid, sopInstanceUid } of expected) {
    const uids = series.get(seriesInstanceUid) ?? [];
    uids.push(sopInstanceUid);
    series.set(seriesInstanceUid, uids);
  }
  return series;
}

/** Causes that say that a node is asked too much at a time. */
const OVERLOADED: ReadonlySet<Cause> = new Set([
  'association-rejected-transient',
  'aborted-by-peer',
  'closed-without-response',
  'refused-out-of-resources',
]);

/** Makes the gateway of a process. */
export function createGateway(options: GatewayOptions): Gateway {
  const { database, folderRoots, holder, leaseTtlMs } = options;
  const never = new AbortController().signal;
  const bandwidths = new Bandwidths(database.pool);
  const faces = new Faces(options, bandwidths);

  const slotOf = (node: GatewayNode, call: CallOptions) =>
    waitForSlot(node.id, {
      database,
      holder,
      ttlMs: leaseTtlMs,
      jobId: call.jobId,
      signal: call.signal ?? never,
      onWait: call.onWait?.bind(call),
    });

  /** Works with the face of a node, and tells the rest of `gaps` in the end; what fails is told in the words of the domain. */
  async function withFace<T>(node: GatewayNode, work: (face: Face) => Promise<T>, gaps?: Gaps): Promise<T> {
    const face = await faces.open(node);
    try {
      const result = await work(face);
      await report(node, gaps?.rest() ?? {});
      return result;
    } catch (error) {
      throw await failed(node, face, error);
    }
  }

  /** How a node copes decides how much it is asked; a failure to write that down matters to nobody. */
  const report = (node: GatewayNode, experience: Experience) =>
    reportExperience(database.pool, node.id, experience).catch(() => undefined);

  /** The failure in the words of the domain. */
  const failed = async (node: GatewayNode, face: Face, error: unknown): Promise<Error> => {
    const known = toPacsError(error, face.asked);
    // Sub-operations that it has tried and failed at (PS3.4 §C.4.2.1.5: A702) say nothing about its load.
    if (known instanceof PacsError && OVERLOADED.has(known.reason) && !known.facts['failed'])
      await report(node, 'overloaded');
    return known as Error;
  };

  const turnOf = (node: GatewayNode, call: Pick<CallOptions, 'signal' | 'onRate'>) => () =>
    waitForTurn(node.id, database, call);

  /** Asks the node while its slot is held, every time in its turn; a lost slot ends the asking. */
  const askOf = (node: GatewayNode, face: Face, call: CallOptions, lost: AbortSignal): Ask => {
    const signal = AbortSignal.any([lost, call.signal ?? never]);
    const turn = turnOf(node, { signal, onRate: call.onRate });
    return (level, identifier) => face.find(level, identifier, { signal, turn });
  };

  /** Takes and keeps a slot of the node while `work` asks it. */
  async function withSlot<T>(node: GatewayNode, call: CallOptions, work: (ask: Ask) => Promise<T>): Promise<T> {
    if (node.suspended) throw new PacsError('node-suspended');
    await using held = await slotOf(node, call);
    return await withFace(node, (face) => work(askOf(node, face, call, held.lost)));
  }

  return {
    test: (node, { signal } = {}) => testNode(node, { ...options, faces, signal }),

    async capabilities(node, call = {}) {
      if (node.suspended) throw new PacsError('node-suspended');
      await using held = await slotOf(node, call);
      const face = await faces.open(node, 'dimse');
      try {
        return await face.capabilities({ signal: AbortSignal.any([held.lost, call.signal ?? never]) });
      } catch (error) {
        throw await failed(node, face, error);
      }
    },

    async *findStudies(node, criteria, call = {}) {
      if (node.suspended) throw new PacsError('node-suspended');
      await using held = await slotOf(node, call);
      const face = await faces.open(node);
      try {
        yield* findStudies(askOf(node, face, call, held.lost), criteria);
      } catch (error) {
        throw await failed(node, face, error);
      }
    },

    findSeries: (node, studyInstanceUid, call = {}) => withSlot(node, call, (ask) => findSeries(ask, studyInstanceUid)),

    findContents: (node, wanted, call = {}) =>
      withSlot(node, call, async (ask) => {
        const found = await findStudy(ask, wanted.studyInstanceUid);
        if (!found) throw new PacsError('study-unknown');
        return { study: found.study, ...(await findContents(ask, wanted, found.sopClassUids)) };
      }),

    findSmallSeries: (node, call = {}) => withSlot(node, call, (ask) => findSmallSeries(ask)),

    get(node, selection, proposals, sink, call = {}) {
      const holdsBack = () => bandwidths.of(node)?.waits ?? 0;
      const gaps = new Gaps(sink, (average) => report(node, average), holdsBack);
      const ask = (face: Face) => face.get(selection, proposals, gaps, { ...call, turn: turnOf(node, call) });
      return withFace(node, ask, gaps);
    },

    move: (node, selection, receiverAeTitle, call = {}) =>
      withFace(node, (face) => face.move(selection, receiverAeTitle, { ...call, turn: turnOf(node, call) })),

    async open(node, proposals, call = {}) {
      if (node.kind !== 'folder')
        return withFace(node, async (face) => {
          const session = await face.open(proposals, { signal: call.signal, turn: turnOf(node, call) });
          return watched(
            session,
            (error) => failed(node, face, error),
            () => report(node, 'overloaded'),
          );
        });
      return openFolder(node, folderRoots).catch((error) => Promise.reject(toPacsError(error) as Error));
    },

    throttleOf: (node) => bandwidths.throttleOf(node),

    verify: async (node, studyInstanceUid, expected, call = {}) => {
      if (node.kind === 'folder') return verifyFolder(node, options, expected, call.signal);
      return verifyPatiently(expected, call.signal, (lacking) =>
        withSlot(node, call, (ask) => findPresent(ask, studyInstanceUid, bySeries(lacking))),
      );
    },
  };
}
