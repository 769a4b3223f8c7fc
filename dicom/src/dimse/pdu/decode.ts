import { withoutPadding } from '../../part10/index.ts';
import { DimseError } from '../errors.ts';
import { ABORT_REASON, PDU_TYPE } from './types.ts';
import type {
  AnsweredContext,
  AssociateAccept,
  AssociateRequest,
  CommonExtendedNegotiation,
  ExtendedNegotiation,
  Pdu,
  ProposedContext,
  RoleSelection,
  UserIdentityItem,
  UserInformation,
} from './types.ts';

const NO_USER_INFORMATION: UserInformation = {
  maxLength: 0,
  implementationClassUID: '',
  implementationVersionName: '',
  roles: [],
};
type Changing<T> = { -readonly [K in keyof T]: T[K] };

/** A PDU that breaks PS3.8; `abortReason` is what our A-ABORT says about it. */
export function violation(what: string, abortReason: number = ABORT_REASON.invalidParameter): DimseError {
  return new DimseError('protocol-violation', { what, abortReason });
}

/**
 * Reads one PDU other than P-DATA-TF from its bytes after the six-byte header (PS3.8 §9.3). Unknown items are skipped (§9.3.1).
 * @throws DimseError `protocol-violation`, for every input that is not such a PDU.
 */
export function decodePdu(type: number, body: Buffer): Pdu {
  switch (type) {
    case PDU_TYPE.associateRequest:
      return decodeRequest(body);
    case PDU_TYPE.associateAccept:
      return decodeAccept(body);
    case PDU_TYPE.associateReject:
      atLeast(body, 4);
      return {
        kind: 'associate-reject',
        result: body.readUInt8(1),
        source: body.readUInt8(2),
        reason: body.readUInt8(3),
      };
    case PDU_TYPE.releaseRequest:
      return { kind: 'release-request' };
    case PDU_TYPE.releaseReply:
      return { kind: 'release-reply' };
    case PDU_TYPE.abort:
      atLeast(body, 4);
      return { kind: 'abort', source: body.readUInt8(2), reason: body.readUInt8(3) };
    default:
      throw violation('pdu-type', ABORT_REASON.unrecognizedPdu);
  }
}

function decodeRequest(body: Buffer): AssociateRequest {
  const contexts: ProposedContext[] = [];
  const common = decodeCommon(body, (type, value) => {
    if (type === 0x20) contexts.push(decodeProposed(value));
  });
  if (contexts.length === 0) throw violation('no-presentation-context');
  if (new Set(contexts.map((context) => context.id)).size !== contexts.length) throw violation('context-id-twice');
  return { kind: 'associate-request', ...common, contexts };
}

function decodeAccept(body: Buffer): AssociateAccept {
  const contexts: AnsweredContext[] = [];
  const common = decodeCommon(body, (type, value) => {
    if (type === 0x21) contexts.push(decodeAnswered(value));
  });
  return { kind: 'associate-accept', ...common, contexts };
}

function decodeCommon(body: Buffer, onContext: (type: number, value: Buffer) => void) {
  atLeast(body, 68);
  let applicationContext = '';
  let user = NO_USER_INFORMATION;
  for (const [type, value] of items(body.subarray(68))) {
    if (type === 0x10) applicationContext = text(value);
    else if (type === 0x50) user = decodeUser(value);
    else onContext(type, value);
  }
  return {
    protocolVersion: body.readUInt16BE(0),
    calledAETitle: text(body.subarray(4, 20)),
    callingAETitle: text(body.subarray(20, 36)),
    applicationContext,
    user,
  };
}

function decodeProposed(value: Buffer): ProposedContext {
  atLeast(value, 4);
  const id = value.readUInt8(0);
  if (id % 2 === 0) throw violation('context-id-even');
  let abstractSyntax = '';
  const transferSyntaxes: string[] = [];
  for (const [type, uid] of items(value.subarray(4))) {
    if (type === 0x30) abstractSyntax = text(uid);
    if (type === 0x40) transferSyntaxes.push(text(uid));
  }
  return { id, abstractSyntax, transferSyntaxes };
}

function decodeAnswered(value: Buffer): AnsweredContext {
  atLeast(value, 4);
  let transferSyntax = '';
  for (const [type, uid] of items(value.subarray(4))) if (type === 0x40) transferSyntax = text(uid);
  return { id: value.readUInt8(0), result: value.readUInt8(2), transferSyntax };
}

function decodeUser(value: Buffer): UserInformation {
  const user: Changing<UserInformation> = { ...NO_USER_INFORMATION, roles: [] };
  const roles: RoleSelection[] = [];
  const extended: ExtendedNegotiation[] = [];
  const commonExtended: CommonExtendedNegotiation[] = [];
  for (const [type, content] of items(value)) {
    const fields = new Fields(content);
    if (type === 0x51) user.maxLength = fields.uint32();
    else if (type === 0x52) user.implementationClassUID = text(content);
    else if (type === 0x53) user.asynchronousOperations = { invoked: fields.uint16(), performed: fields.uint16() };
    else if (type === 0x54) roles.push(decodeRole(fields));
    else if (type === 0x55) user.implementationVersionName = text(content);
    else if (type === 0x56) extended.push({ sopClassUID: text(fields.counted()), information: fields.rest() });
    else if (type === 0x57) commonExtended.push(decodeCommonExtended(fields));
    else if (type === 0x58) user.userIdentity = decodeUserIdentity(fields);
    else if (type === 0x59) user.userIdentityResponse = fields.counted();
  }
  return {
    ...user,
    roles,
    ...(extended.length > 0 && { extended }),
    ...(commonExtended.length > 0 && { commonExtended }),
  };
}

function decodeRole(fields: Fields): RoleSelection {
  return { sopClassUID: text(fields.counted()), scu: fields.uint8() === 1, scp: fields.uint8() === 1 };
}

function decodeCommonExtended(fields: Fields): CommonExtendedNegotiation {
  const sopClassUID = text(fields.counted());
  const serviceClassUID = text(fields.counted());
  const related = new Fields(fields.counted());
  const relatedGeneralSOPClassUIDs: string[] = [];
  while (!related.atEnd) relatedGeneralSOPClassUIDs.push(text(related.counted()));
  return { sopClassUID, serviceClassUID, relatedGeneralSOPClassUIDs };
}

function decodeUserIdentity(fields: Fields): UserIdentityItem {
  const type = fields.uint8();
  const responseRequested = fields.uint8() === 1;
  return { type, responseRequested, primary: fields.counted(), secondary: fields.counted() };
}

/** Reads the fields of an item one after the other. */
class Fields {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  uint8(): number {
    return this.#take(1).readUInt8();
  }

  uint16(): number {
    return this.#take(2).readUInt16BE();
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  /** Bytes behind their own 16-bit length. */
  counted(): Buffer {
    return this.#take(this.uint16());
  }

  rest(): Buffer {
    return this.#take(this.#bytes.length - this.#offset);
  }

  #take(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw violation('too-short');
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }
}

function* items(bytes: Buffer): Generator<[type: number, value: Buffer]> {
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) throw violation('item-header');
    const end = offset + 4 + bytes.readUInt16BE(offset + 2);
    if (end > bytes.length) throw violation('item-length');
    yield [bytes.readUInt8(offset), bytes.subarray(offset + 4, end)];
    offset = end;
  }
}

/** UIDs and AE titles: padding of either kind is not significant (PS3.5 §6.2, §9.1). */
function text(bytes: Buffer): string {
  return withoutPadding(bytes.toString('latin1')).replace(/^[ \0]+/, '');
}

function atLeast(bytes: Buffer, length: number): void {
  if (bytes.length < length) throw violation('too-short');
}
