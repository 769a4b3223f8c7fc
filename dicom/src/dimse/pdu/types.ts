/** Protocol data units of the DICOM upper layer (PS3.8 §9.3) as plain values. P-DATA-TF is streamed, see `PduReader`. */

/** PS3.8 §9.3.1: the first byte of every PDU. */
export const PDU_TYPE = {
  associateRequest: 0x01,
  associateAccept: 0x02,
  associateReject: 0x03,
  data: 0x04,
  releaseRequest: 0x05,
  releaseReply: 0x06,
  abort: 0x07,
} as const;

/** PS3.7 §A.2.1: the only application context there is. */
export const APPLICATION_CONTEXT = '1.2.840.10008.3.1.1.1';

/** A presentation context as it is proposed (PS3.8 §9.3.2.2). */
export interface ProposedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
}

/** PS3.8 §9.3.3.2: 0 acceptance, 1 user rejection, 2 no reason, 3 abstract syntax, 4 transfer syntaxes not supported. */
export type ContextResult = 0 | 1 | 2 | 3 | 4;

/** The answer to a proposed presentation context. */
export interface AnsweredContext {
  readonly id: number;
  readonly result: number;
  /** Significant only when the result is acceptance. */
  readonly transferSyntax: string;
}

/** SCP/SCU role selection of one SOP class (PS3.7 §D.3.3.4). */
export interface RoleSelection {
  readonly sopClassUID: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

/** Service-class-application-information of one SOP class (PS3.7 §D.3.3.5); for queries the bytes of PS3.4 §C.5.1.1.1. */
export interface ExtendedNegotiation {
  readonly sopClassUID: string;
  readonly information: Buffer;
}

/** What kind of service a SOP class belongs to, and the classes it may be taken for (PS3.7 §D.3.3.6). Requests only. */
export interface CommonExtendedNegotiation {
  readonly sopClassUID: string;
  readonly serviceClassUID: string;
  readonly relatedGeneralSOPClassUIDs: readonly string[];
}

/** PS3.7 §D.3.3.7.1: what the requestor's identity is given as. */
export const USER_IDENTITY_TYPE = { username: 1, usernameAndPasscode: 2, kerberos: 3, saml: 4, jwt: 5 } as const;

/** User identity of a request (PS3.7 §D.3.3.7.1). A secret: never for logs. */
export interface UserIdentityItem {
  readonly type: number;
  readonly responseRequested: boolean;
  readonly primary: Buffer;
  /** The passcode of type 2, else empty. */
  readonly secondary: Buffer;
}

/** How many operations may be outstanding each way (PS3.7 §D.3.3.3); 0: no limit. Without the item it is one. */
export interface AsynchronousOperations {
  readonly invoked: number;
  readonly performed: number;
}

/** User information items that we read and write (PS3.8 §D.1, PS3.7 §D.3.3); all others are skipped. */
export interface UserInformation {
  /** Longest P-DATA-TF the sender of this item wants to receive, in bytes; 0: no limit. */
  readonly maxLength: number;
  readonly implementationClassUID: string;
  readonly implementationVersionName: string;
  readonly roles: readonly RoleSelection[];
  readonly asynchronousOperations?: AsynchronousOperations;
  readonly extended?: readonly ExtendedNegotiation[];
  readonly commonExtended?: readonly CommonExtendedNegotiation[];
  readonly userIdentity?: UserIdentityItem;
  /** The acceptor's answer to a user identity (PS3.7 §D.3.3.7.2). */
  readonly userIdentityResponse?: Buffer;
}

interface AssociateCommon {
  readonly protocolVersion: number;
  readonly calledAETitle: string;
  readonly callingAETitle: string;
  readonly applicationContext: string;
  readonly user: UserInformation;
}

/** A-ASSOCIATE-RQ, PS3.8 §9.3.2. */
export interface AssociateRequest extends AssociateCommon {
  readonly kind: 'associate-request';
  readonly contexts: readonly ProposedContext[];
}

/** A-ASSOCIATE-AC, PS3.8 §9.3.3. */
export interface AssociateAccept extends AssociateCommon {
  readonly kind: 'associate-accept';
  readonly contexts: readonly AnsweredContext[];
}

/** Why an association is refused: the three numbers of PS3.8 §9.3.4. */
export interface Rejection {
  /** 1 permanent, 2 transient. */
  readonly result: number;
  /** 1 service user, 2 service provider (ACSE), 3 service provider (presentation). */
  readonly source: number;
  readonly reason: number;
}

/** A-ASSOCIATE-RJ, PS3.8 §9.3.4. */
export interface AssociateReject extends Rejection {
  readonly kind: 'associate-reject';
}

/** A-RELEASE-RQ, PS3.8 §9.3.6. */
export interface ReleaseRequest {
  readonly kind: 'release-request';
}

/** A-RELEASE-RP, PS3.8 §9.3.7. */
export interface ReleaseReply {
  readonly kind: 'release-reply';
}

/** A-ABORT, PS3.8 §9.3.8. */
export interface Abort {
  readonly kind: 'abort';
  /** 0 service user, 2 service provider. */
  readonly source: number;
  readonly reason: number;
}

/** Every PDU that is read as a whole. */
export type Pdu = AssociateRequest | AssociateAccept | AssociateReject | ReleaseRequest | ReleaseReply | Abort;

/** The refusals of PS3.8 §9.3.4 that have a name here. */
export const REJECTION = {
  noReason: { result: 1, source: 1, reason: 1 },
  applicationContext: { result: 1, source: 1, reason: 2 },
  callingAETitle: { result: 1, source: 1, reason: 3 },
  calledAETitle: { result: 1, source: 1, reason: 7 },
  protocolVersion: { result: 1, source: 2, reason: 2 },
  temporaryCongestion: { result: 2, source: 3, reason: 1 },
  localLimitExceeded: { result: 2, source: 3, reason: 2 },
} as const satisfies Record<string, Rejection>;

/** Reasons of an A-ABORT by the service provider (PS3.8 §9.3.8). */
export const ABORT_REASON = {
  notSpecified: 0,
  unrecognizedPdu: 1,
  unexpectedPdu: 2,
  unexpectedParameter: 5,
  invalidParameter: 6,
} as const;
