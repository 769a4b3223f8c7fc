import {
  encodeIdentifier,
  TRANSFER_SYNTAX,
  type Identifier,
  echo,
  find,
  getInstances,
  move,
  openStoreAssociation,
  probeCapabilities,
  type Peer,
  type QueryLevel,
} from '@viaduct/dicom/dimse';
import { ONE_BY_ONE, type Stored } from '../destination.ts';
import type { Face, RetrieveSelection, TestStep } from './face.ts';

/** Level and unique keys of a retrieve (PS3.4 §C.4.2.1.4). */
function requestOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUids }: RetrieveSelection): {
  level: QueryLevel;
  identifier: Record<string, string | readonly string[]>;
} {
  const identifier: Record<string, string | readonly string[]> = { StudyInstanceUID: studyInstanceUid };
  if (seriesInstanceUid === undefined) return { level: 'STUDY', identifier };
  identifier.SeriesInstanceUID = seriesInstanceUid;
  if (sopInstanceUids === undefined) return { level: 'SERIES', identifier };
  identifier.SOPInstanceUID = sopInstanceUids;
  return { level: 'IMAGE', identifier };
}

/** The identifier in a character set; letters that this lacks become `?` (PS3.4 §C.2.2.2.4), as answers are filtered again. */
function encodable(identifier: Identifier, characterSet: string | undefined): Identifier {
  if (characterSet === undefined) return identifier;
  const named = { ...identifier, SpecificCharacterSet: characterSet };
  try {
    encodeIdentifier('STUDY', named, TRANSFER_SYNTAX.implicitLittleEndian);
    return named;
  } catch {
    const ascii = (text: string) => text.replaceAll(/[^\x20-\x7e]/gu, '?');
    const keys = Object.entries(identifier).map(([keyword, value]) => [
      keyword,
      typeof value === 'string' ? ascii(value) : value.map(ascii),
    ]);
    return Object.fromEntries(keys) as Identifier;
  }
}

const CONNECTING: ReadonlySet<string> = new Set(['connection-refused', 'connect-timeout', 'tls-failure']);
const ASSOCIATING: ReadonlySet<string> = new Set([
  'called-ae-rejected',
  'calling-ae-rejected',
  'association-rejected',
  'association-rejected-transient',
  'silent-peer',
  'closed-without-response',
  'context-not-accepted',
]);

/**
 * A server over DIMSE: C-ECHO, C-FIND, C-GET, C-MOVE, C-STORE.
 * @param queryCharacterSet of queries; Unicode where it is needed, if left out
 */
export function dimseFace(peer: Peer, queryCharacterSet?: string): Face {
  return {
    kind: 'dimse',
    asked: peer,

    async *find(level, identifier, { signal, turn }) {
      await turn();
      yield* find(peer, level, encodable(identifier, queryCharacterSet), { signal });
    },

    async get(selection, proposals, sink, call) {
      await call.turn();
      return getInstances(peer, { ...requestOf(selection), proposals }, sink, call);
    },

    async move(selection, destinationAETitle, call) {
      await call.turn();
      return move(peer, { ...requestOf(selection), destinationAETitle }, call);
    },

    async open(proposals, { signal }) {
      const association = await openStoreAssociation(peer, proposals, { signal });
      return {
        batch: ONE_BY_ONE,
        accepts: (sopClassUID, transferSyntaxUID) => association.accepts(sopClassUID, transferSyntaxUID),
        store: async (items, { signal: one } = {}) => {
          const stored: Stored[] = [];
          for (const { instance } of items) {
            const { status } = await association.store(instance, { signal: one });
            stored.push({ status });
          }
          return stored;
        },
        close: () => association.release(),
        abort: () => association.abort(),
      };
    },

    capabilities: (call) => probeCapabilities(peer, call),

    async greet({ signal }) {
      const { connectMs, associateMs, echoMs } = await echo(peer, { signal });
      const taken = { connect: connectMs, associate: associateMs, echo: echoMs };
      return (['connect', 'associate', 'echo'] as const).map((step): TestStep => ({ step, ok: true, ms: taken[step] }));
    },

    /** Silence is told apart by how long it was waited for. */
    failedStep(reason, { waitedMs }) {
      if (CONNECTING.has(reason)) return 'connect';
      const isEcho = reason === 'silent-peer' && waitedMs !== peer.associationTimeoutMs;
      return ASSOCIATING.has(reason) && !isEcho ? 'associate' : 'echo';
    },
  };
}
