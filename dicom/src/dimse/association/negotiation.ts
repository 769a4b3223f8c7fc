import { DimseError } from '../errors.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, MAX_LENGTH } from '../implementation.ts';
import { APPLICATION_CONTEXT, USER_IDENTITY_TYPE } from '../pdu/types.ts';
import type {
  AnsweredContext,
  AssociateAccept,
  AssociateReject,
  AssociateRequest,
  AsynchronousOperations,
  CommonExtendedNegotiation,
  ContextResult,
  ExtendedNegotiation,
  ProposedContext,
  RoleSelection,
  UserIdentityItem,
  UserInformation,
} from '../pdu/types.ts';
import type { Peer, PresentationContextProposal, UserIdentity } from '../types.ts';

/** Ids are odd and at most 255 (PS3.8 §9.3.2.2). */
export const MAX_CONTEXTS = 128;
const OURSELVES = {
  maxLength: MAX_LENGTH,
  implementationClassUID: IMPLEMENTATION_CLASS_UID,
  implementationVersionName: IMPLEMENTATION_VERSION_NAME,
};

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

/** What two sides agreed on when the association was established. */
export interface Agreement {
  readonly callingAETitle: string;
  readonly calledAETitle: string;
  readonly contexts: ReadonlyMap<number, AcceptedContext>;
  /** Longest P-DATA-TF the peer takes, in bytes; 0: any. */
  readonly peerMaxLength: number;
  /** Operations the requestor may have outstanding (PS3.7 §D.3.3.3); `Infinity` without limit. */
  readonly window: number;
  /** The acceptor's service-class-application-information by SOP class (PS3.7 §D.3.3.5). */
  readonly extended: ReadonlyMap<string, Buffer>;
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
  /** Whom the requestor claims to be. Secret: never for logs. */
  readonly userIdentity?: UserIdentityItem;
  readonly commonExtended: readonly CommonExtendedNegotiation[];
  /** The requestor's certificate, where TLS asked for one: its subject's common name. */
  readonly certificateName?: string;
}

/** Transfer syntax that is taken for a proposed context, or why none (PS3.8 §9.3.3.2). */
export type Negotiate = (context: ProposedContext, call: AssociationCall) => string | Exclude<ContextResult, 0>;

/** What an acceptor decides about an association beyond who may have one. */
export interface AcceptorPolicy {
  readonly negotiate: Negotiate;
  /** Operations that a requestor may have outstanding; 1 if it is left out. */
  readonly maxOperations?: number;
  /** Our answer to an extended negotiation; none means that we do not support it (PS3.7 §D.3.3.5.2). */
  readonly extend?: (proposed: ExtendedNegotiation) => Buffer | undefined;
}

/**
 * The A-ASSOCIATE-RQ for some proposals: context ids 1, 3, 5 … in their order, one role item per SOP class (PS3.7 §D.3.3.4).
 * @param window - operations that we would like to have outstanding.
 */
export function buildRequest(
  peer: Peer,
  proposals: readonly PresentationContextProposal[],
  window = 1,
): AssociateRequest {
  if (proposals.length === 0 || proposals.length > MAX_CONTEXTS) {
    throw new DimseError('protocol-violation', { what: 'number-of-contexts', count: proposals.length });
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
      ...OURSELVES,
      roles: proposedRoles(proposals),
      ...(window > 1 && { asynchronousOperations: { invoked: window, performed: 1 } }),
      ...extendedNegotiations(proposals),
      ...(peer.userIdentity && { userIdentity: userIdentityItem(peer.userIdentity) }),
    },
  };
}

/** What an A-ASSOCIATE-AC lets us do. Answers to what was not proposed are ignored. */
export function readAccept(request: AssociateRequest, accept: AssociateAccept): Agreement {
  const { asynchronousOperations, extended = [], roles, maxLength } = accept.user;
  const proposed = request.user.asynchronousOperations;
  return {
    callingAETitle: request.callingAETitle,
    calledAETitle: request.calledAETitle,
    contexts: agreedContexts(request, accept.contexts, roles),
    peerMaxLength: maxLength,
    window: proposed ? Math.min(proposed.invoked, windowOf(asynchronousOperations)) : 1,
    extended: new Map(extended.map(({ sopClassUID, information }) => [sopClassUID, information])),
  };
}

/** Our A-ASSOCIATE-AC to a request, by asking the policy for each context. Role selections are granted as proposed. */
export function buildAccept(
  request: AssociateRequest,
  call: AssociationCall,
  { negotiate, maxOperations = 1, extend }: AcceptorPolicy,
): { accept: AssociateAccept; agreement: Agreement } {
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
  const extended = (request.user.extended ?? []).flatMap((proposed) => {
    const information = usable.has(proposed.sopClassUID) ? extend?.(proposed) : undefined;
    return information ? [{ sopClassUID: proposed.sopClassUID, information }] : [];
  });
  const { asynchronousOperations, userIdentity, maxLength } = request.user;
  const window = asynchronousOperations ? Math.min(maxOperations, windowOf(asynchronousOperations)) : 1;
  const { calledAETitle, callingAETitle } = request;
  const accept: AssociateAccept = {
    kind: 'associate-accept',
    protocolVersion: 1,
    calledAETitle,
    callingAETitle,
    applicationContext: APPLICATION_CONTEXT,
    contexts: answers,
    user: {
      ...OURSELVES,
      roles,
      ...(asynchronousOperations && { asynchronousOperations: { invoked: window, performed: 1 } }),
      ...(extended.length > 0 && { extended }),
      ...(userIdentity?.responseRequested && { userIdentityResponse: Buffer.alloc(0) }),
    },
  };
  const contexts = agreedContexts(request, answers, roles);
  const granted = new Map(extended.map(({ sopClassUID, information }) => [sopClassUID, information]));
  return {
    accept,
    agreement: { callingAETitle, calledAETitle, contexts, peerMaxLength: maxLength, window, extended: granted },
  };
}

/** What an A-ASSOCIATE-RJ means (PS3.8 §9.3.4). */
export function rejectionError({ result, source, reason }: AssociateReject): DimseError {
  const facts = { result, source, reason };
  if (source === 1 && reason === 3) return new DimseError('calling-ae-rejected', facts);
  if (source === 1 && reason === 7) return new DimseError('called-ae-rejected', facts);
  return new DimseError(result === 2 ? 'association-rejected-transient' : 'association-rejected', facts);
}

/** One role item per SOP class (PS3.7 §D.3.3.4). */
function proposedRoles(proposals: readonly PresentationContextProposal[]): RoleSelection[] {
  const roles = new Map<string, RoleSelection>();
  for (const { abstractSyntax, scpRole } of proposals) {
    if (scpRole) roles.set(abstractSyntax, { sopClassUID: abstractSyntax, scu: false, scp: true });
  }
  for (const { abstractSyntax, scpRole } of proposals) {
    const role = roles.get(abstractSyntax);
    if (!scpRole && role) roles.set(abstractSyntax, { ...role, scu: true });
  }
  return [...roles.values()];
}

function extendedNegotiations(
  proposals: readonly PresentationContextProposal[],
): Pick<UserInformation, 'extended' | 'commonExtended'> {
  const extended = new Map<string, ExtendedNegotiation>();
  const common = new Map<string, CommonExtendedNegotiation>();
  for (const { abstractSyntax: sopClassUID, extended: information, commonExtended } of proposals) {
    if (information) extended.set(sopClassUID, { sopClassUID, information });
    if (commonExtended) common.set(sopClassUID, { sopClassUID, ...commonExtended });
  }
  return {
    ...(extended.size > 0 && { extended: [...extended.values()] }),
    ...(common.size > 0 && { commonExtended: [...common.values()] }),
  };
}

function userIdentityItem(identity: UserIdentity): UserIdentityItem {
  const item = (type: number, primary: string | Uint8Array, secondary = '') => ({
    type,
    responseRequested: false,
    primary: typeof primary === 'string' ? Buffer.from(primary) : Buffer.from(primary),
    secondary: Buffer.from(secondary),
  });
  switch (identity.kind) {
    case 'username': {
      const { username, passcode } = identity;
      const { username: alone, usernameAndPasscode } = USER_IDENTITY_TYPE;
      return passcode === undefined ? item(alone, username) : item(usernameAndPasscode, username, passcode);
    }
    case 'kerberos':
      return item(USER_IDENTITY_TYPE.kerberos, identity.ticket);
    case 'saml':
      return item(USER_IDENTITY_TYPE.saml, identity.assertion);
    case 'jwt':
      return item(USER_IDENTITY_TYPE.jwt, identity.token);
  }
}

/** 0 stands for no limit; without the item operations are synchronous (PS3.7 §D.3.3.3). */
function windowOf(operations: AsynchronousOperations | undefined): number {
  if (operations === undefined) return 1;
  return operations.invoked === 0 ? Infinity : operations.invoked;
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
