import { DimseError } from '../errors.ts';
import { ABORT_REASON, PDU_TYPE } from './types.ts';
import type {
  AnsweredContext,
  AssociateAccept,
  AssociateRequest,
  Pdu,
  ProposedContext,
  RoleSelection,
  UserInformation,
} from './types.ts';

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
  let user: UserInformation = { maxLength: 0, implementationClassUID: '', implementationVersionName: '', roles: [] };
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
  let maxLength = 0;
  let implementationClassUID = '';
  let implementationVersionName = '';
  const roles: RoleSelection[] = [];
  for (const [type, content] of items(value)) {
    if (type === 0x51) {
      atLeast(content, 4);
      maxLength = content.readUInt32BE(0);
    } else if (type === 0x52) implementationClassUID = text(content);
    else if (type === 0x54) roles.push(decodeRole(content));
    else if (type === 0x55) implementationVersionName = text(content);
  }
  return { maxLength, implementationClassUID, implementationVersionName, roles };
}

function decodeRole(content: Buffer): RoleSelection {
  atLeast(content, 2);
  const length = content.readUInt16BE(0);
  atLeast(content, length + 4);
  return {
    sopClassUID: text(content.subarray(2, 2 + length)),
    scu: content.readUInt8(2 + length) === 1,
    scp: content.readUInt8(3 + length) === 1,
  };
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
  return bytes.toString('latin1').replace(/^[ \0]+|[ \0]+$/g, '');
}

function atLeast(bytes: Buffer, length: number): void {
  if (bytes.length < length) throw violation('too-short');
}
