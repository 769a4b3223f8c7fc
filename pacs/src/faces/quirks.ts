import {
  storageProposals,
  type Answer,
  type Identifier,
  type PresentationContextProposal,
  type RetrieveResult,
} from '@viaduct/dicom/dimse';
import type { Quirk } from '@viaduct/domain';
import { PacsError } from '../errors.ts';
import type { Face, FaceRequests, RetrieveSelection } from './face.ts';

type Proposals = readonly PresentationContextProposal[];

/** Presentation contexts for storage beside the one of the C-GET (PS3.8 §9.3.2.2). */
const MAX_CONTEXTS = 127;
const COUNTS = [
  'NumberOfStudyRelatedSeries',
  'NumberOfStudyRelatedInstances',
  'NumberOfSeriesRelatedInstances',
] as const;

/** The same face with what is known of its server taken into account (domain/quirks). */
export function withQuirks(face: Face, names: readonly string[]): Face {
  if (names.length === 0) return face;
  const has = (quirk: Quirk) => names.includes(quirk);

  /** One request, or one for each instance. */
  const each = async (
    selection: RetrieveSelection,
    ask: (one: RetrieveSelection) => Promise<RetrieveResult>,
  ): Promise<RetrieveResult> => {
    const { sopInstanceUids = [] } = selection;
    if (!has('single-uid') || sopInstanceUids.length < 2) return believed(await ask(selection));
    let sum: RetrieveResult = { status: 0 };
    for (const uid of sopInstanceUids) sum = plus(sum, await ask({ ...selection, sopInstanceUids: [uid] }));
    return believed(sum);
  };

  const believed = (result: RetrieveResult): RetrieveResult => {
    const isEmpty = !result.completed && !result.failed && !result.warning;
    if (has('empty-under-load') && isEmpty) throw new PacsError('refused-out-of-resources', { completed: 0 });
    return has('false-success') ? { status: result.status } : result;
  };

  const offered = (proposals: Proposals): Proposals => (has('one-transfer-syntax') ? singly(proposals) : proposals);

  return {
    ...face,

    async *find(level, identifier, call: FaceRequests) {
      const asked = has('plain-web-queries') && face.kind === 'web' ? plain(identifier) : identifier;
      for await (const answer of face.find(level, asked, call)) {
        if (has('ignores-keys') && leavesOut(identifier, answer)) continue;
        yield has('wrong-counts') ? withoutCounts(answer) : answer;
      }
    },

    get: (selection, proposals, sink, call) =>
      each(selection, (one) => {
        const given = offered(proposals ?? storageProposals());
        if (!has('context-by-class')) return face.get(one, given, sink, call);
        return inTurn(byTurn(given), (some) => face.get(one, some, sink, call));
      }),

    move: (selection, receiver, call) => each(selection, (one) => face.move(one, receiver, call)),

    open: (proposals, call) => face.open(offered(proposals), call),
  };
}

/** Keys that ask for something and have no value in the answer. */
function leavesOut(identifier: Identifier, answer: Answer): boolean {
  return Object.entries(identifier).some(([keyword, value]) => {
    const isAsked = keyword !== 'SpecificCharacterSet' && value.length > 0;
    return isAsked && !answer[keyword]?.some((text) => text !== '');
  });
}

function withoutCounts(answer: Answer): Answer {
  return Object.fromEntries(Object.entries(answer).filter(([keyword]) => !COUNTS.some((count) => count === keyword)));
}

/** Runs of characters that would be percent-encoded become wildcards; what comes too much is filtered out again. */
function plain(identifier: Identifier): Identifier {
  const plainText = (text: string) => text.replaceAll(/[^\w.*-]+/g, '*');
  return Object.fromEntries(
    Object.entries(identifier).map(([keyword, value]) => [
      keyword,
      typeof value === 'string' ? plainText(value) : value.map(plainText),
    ]),
  );
}

function singly(proposals: Proposals): Proposals {
  return proposals
    .flatMap((proposal) => proposal.transferSyntaxes.map((uid) => ({ ...proposal, transferSyntaxes: [uid] })))
    .slice(0, MAX_CONTEXTS);
}

/** The first context of every class, then the second of those that have one, and so on. */
function byTurn(proposals: Proposals): Proposals[] {
  const turns: PresentationContextProposal[][] = [];
  const seen = new Map<string, number>();
  for (const proposal of proposals) {
    const turn = seen.get(proposal.abstractSyntax) ?? 0;
    seen.set(proposal.abstractSyntax, turn + 1);
    (turns[turn] ??= []).push(proposal);
  }
  return turns;
}

/** Asks again with the next contexts while sub-operations fail; the last word counts. */
async function inTurn(
  turns: readonly Proposals[],
  ask: (proposals: Proposals) => Promise<RetrieveResult>,
): Promise<RetrieveResult> {
  let last: RetrieveResult = { status: 0 };
  for (const [index, proposals] of turns.entries()) {
    try {
      last = await ask(proposals);
    } catch (error) {
      if (!hasFailedParts(error) || index === turns.length - 1) throw error;
      continue;
    }
    if (!last.failed) break;
  }
  return last;
}

function hasFailedParts(error: unknown): boolean {
  const { facts } = error as { facts?: Readonly<Record<string, unknown>> };
  return typeof facts?.['failed'] === 'number' && facts['failed'] > 0;
}

function plus(one: RetrieveResult, other: RetrieveResult): RetrieveResult {
  const sum = (a = 0, b = 0) => a + b;
  return {
    status: one.status || other.status,
    completed: sum(one.completed, other.completed),
    failed: sum(one.failed, other.failed),
    warning: sum(one.warning, other.warning),
  };
}
