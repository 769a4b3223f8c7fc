import { DimseError } from '../errors.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, MAX_LENGTH } from '../implementation.ts';
import { APPLICATION_CONTEXT } from '../pdu/types.ts';
import type {
  AnsweredContext,
  AssociateAccept,
  AssociateReject,
  AssociateRequest,
  ContextResult,
  ProposedContext,
  RoleSelection,
} from '../pdu/types.ts';
import type { Peer, PresentationContextProposal } from '../types.ts';

/** Ids are odd and at most 255 (PS3.8 §9.3.2.2). */
export const MAX_CONTEXTS = 128;

/** A presentation context both sides agreed on. */
export interface AcceptedContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
  /** The requestor may invoke operations of it (the default). */
  readonly requestorIsSCU: boolean;
  /** The requestor may be invoked: SCP role, as for the storage of a C-GET. */
  readonly requestorIsSCP: boolean;
}

/** An association that a peer asks for. */
export interface AssociationCall {
  readonly callingAETitle: string;
  readonly calledAETitle: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly implementationClassUID: string;
  readonly implementationVersionName: string;
  readonly contexts: readonly ProposedContext[];
}

/** Transfer syntax that is taken for a proposed context, or why none (PS3.8 §9.3.3.2). */
export type Negotiate = (context: ProposedContext, call: AssociationCall) => string | Exclude<ContextResult, 0>;

/** The A-ASSOCIATE-RQ for some proposals: context ids 1, 3, 5 … in their order, one role item per SOP class (PS3.7 §D.3.3.4). */
export function buildRequest(
  peer: Peer,
  proposals: readonly PresentationContextProposal[],
  maxLength = MAX_LENGTH,
): AssociateRequest {
  if (proposals.length === 0 || proposals.length > MAX_CONTEXTS) {
    throw new DimseError('protocol-violation', { what: 'number-of-contexts', count: proposals.length });
  }
  const roles = new Map<string, RoleSelection>();
  for (const { abstractSyntax, scpRole } of proposals) {
    if (scpRole) roles.set(abstractSyntax, { sopClassUID: abstractSyntax, scu: false, scp: true });
  }
  for (const { abstractSyntax, scpRole } of proposals) {
    const role = roles.get(abstractSyntax);
    if (!scpRole && role) roles.set(abstractSyntax, { ...role, scu: true });
  }
  return {
    kind: 'associate-request',
    protocolVersion: 1,
    calledAETitle: peer.calledAETitle,
    callingAETitle: peer.callingAETitle,
    applicationContext: APPLICATION_CONTEXT,
    contexts: proposals.map(({ abstractSyntax, transferSyntaxes }, index) => ({
      id: index * 2 + 1,
      abstractSyntax,
      transferSyntaxes,
    })),
    user: {
      maxLength,
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      roles: [...roles.values()],
    },
  };
}

/** The contexts an A-ASSOCIATE-AC lets us use. Answers to what was not proposed are ignored. */
export function readAccept(request: AssociateRequest, accept: AssociateAccept): Map<number, AcceptedContext> {
  return agreedContexts(request, accept.contexts, accept.user.roles);
}

/** Our A-ASSOCIATE-AC to a request, by asking `negotiate` for each context. Role selections are granted as proposed. */
export function buildAccept(
  request: AssociateRequest,
  call: AssociationCall,
  negotiate: Negotiate,
  maxLength = MAX_LENGTH,
): { accept: AssociateAccept; contexts: Map<number, AcceptedContext> } {
  const answers = request.contexts.map((context): AnsweredContext => {
    const answer = negotiate(context, call);
    return typeof answer === 'string'
      ? { id: context.id, result: 0, transferSyntax: answer }
      : { id: context.id, result: answer, transferSyntax: context.transferSyntaxes[0] ?? '' };
  });
  const accepted = new Set(answers.filter(({ result }) => result === 0).map(({ id }) => id));
  const usable = new Set(
    request.contexts.filter(({ id }) => accepted.has(id)).map((context) => context.abstractSyntax),
  );
  const roles = request.user.roles.filter((role) => usable.has(role.sopClassUID));
  const accept: AssociateAccept = {
    kind: 'associate-accept',
    protocolVersion: 1,
    calledAETitle: request.calledAETitle,
    callingAETitle: request.callingAETitle,
    applicationContext: APPLICATION_CONTEXT,
    contexts: answers,
    user: {
      maxLength,
      implementationClassUID: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      roles,
    },
  };
  return { accept, contexts: agreedContexts(request, answers, roles) };
}

/** What an A-ASSOCIATE-RJ means (PS3.8 §9.3.4). */
export function rejectionError({ result, source, reason }: AssociateReject): DimseError {
  const facts = { result, source, reason };
  if (source === 1 && reason === 3) return new DimseError('calling-ae-rejected', facts);
  if (source === 1 && reason === 7) return new DimseError('called-ae-rejected', facts);
  return new DimseError(result === 2 ? 'association-rejected-transient' : 'association-rejected', facts);
}

function agreedContexts(
  request: AssociateRequest,
  answers: readonly AnsweredContext[],
  roles: readonly RoleSelection[],
): Map<number, AcceptedContext> {
  const proposed = new Map(request.contexts.map((context) => [context.id, context]));
  const roleOf = new Map(roles.map((role) => [role.sopClassUID, role]));
  const agreed = new Map<number, AcceptedContext>();
  for (const { id, result, transferSyntax } of answers) {
    const context = proposed.get(id);
    if (result !== 0 || context === undefined) continue;
    const role = roleOf.get(context.abstractSyntax);
    agreed.set(id, {
      id,
      abstractSyntax: context.abstractSyntax,
      transferSyntax,
      requestorIsSCU: role?.scu ?? true,
      requestorIsSCP: role?.scp ?? false,
    });
  }
  return agreed;
}
