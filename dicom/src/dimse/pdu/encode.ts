import { PDU_TYPE } from './types.ts';
import type {
  AssociateAccept,
  AssociateRequest,
  CommonExtendedNegotiation,
  Pdu,
  RoleSelection,
  UserIdentityItem,
  UserInformation,
} from './types.ts';

/** Bytes of a P-DATA-TF before its first fragment: PDU header and PDV header (PS3.8 §9.3.5). */
export const DATA_HEADER_LENGTH = 12;

/** The bytes of a PDU. AE titles are cut at 16 characters; everything else is written as given. */
export function encodePdu(pdu: Pdu): Buffer {
  switch (pdu.kind) {
    case 'associate-request':
      return frame(PDU_TYPE.associateRequest, encodeRequest(pdu));
    case 'associate-accept':
      return frame(PDU_TYPE.associateAccept, encodeAccept(pdu));
    case 'associate-reject':
      return frame(PDU_TYPE.associateReject, Buffer.from([0, pdu.result, pdu.source, pdu.reason]));
    case 'release-request':
      return frame(PDU_TYPE.releaseRequest, Buffer.alloc(4));
    case 'release-reply':
      return frame(PDU_TYPE.releaseReply, Buffer.alloc(4));
    case 'abort':
      return frame(PDU_TYPE.abort, Buffer.from([0, 0, pdu.source, pdu.reason]));
  }
}

/**
 * Writes the header of a P-DATA-TF with one presentation data value into `target` (PS3.8 §9.3.5, §E.2).
 * @param length - bytes of the fragment that follows.
 */
export function writeDataHeader(
  target: Buffer,
  offset: number,
  fragment: { contextId: number; command: boolean; last: boolean; length: number },
): void {
  target[offset] = PDU_TYPE.data;
  target[offset + 1] = 0;
  target.writeUInt32BE(fragment.length + 6, offset + 2);
  target.writeUInt32BE(fragment.length + 2, offset + 6);
  target[offset + 10] = fragment.contextId;
  target[offset + 11] = (fragment.command ? 1 : 0) | (fragment.last ? 2 : 0);
}

function encodeRequest(pdu: AssociateRequest): Buffer {
  const contexts = pdu.contexts.map((context) =>
    item(
      0x20,
      Buffer.from([context.id, 0, 0, 0]),
      uidItem(0x30, context.abstractSyntax),
      ...context.transferSyntaxes.map((uid) => uidItem(0x40, uid)),
    ),
  );
  return Buffer.concat([fixedPart(pdu), uidItem(0x10, pdu.applicationContext), ...contexts, userItem(pdu.user)]);
}

function encodeAccept(pdu: AssociateAccept): Buffer {
  const contexts = pdu.contexts.map((context) =>
    item(0x21, Buffer.from([context.id, 0, context.result, 0]), uidItem(0x40, context.transferSyntax)),
  );
  return Buffer.concat([fixedPart(pdu), uidItem(0x10, pdu.applicationContext), ...contexts, userItem(pdu.user)]);
}

function fixedPart(pdu: AssociateRequest | AssociateAccept): Buffer {
  const fixed = Buffer.alloc(68);
  fixed.writeUInt16BE(pdu.protocolVersion, 0);
  fixed.write(pdu.calledAETitle.slice(0, 16).padEnd(16), 4, 'latin1');
  fixed.write(pdu.callingAETitle.slice(0, 16).padEnd(16), 20, 'latin1');
  return fixed;
}

/** In the order of item types, as PS3.7 §D.3.3 lists them. */
function userItem(user: UserInformation): Buffer {
  const { asynchronousOperations, extended = [], commonExtended = [], userIdentity, userIdentityResponse } = user;
  const maxLength = Buffer.alloc(4);
  maxLength.writeUInt32BE(user.maxLength);
  return item(
    0x50,
    item(0x51, maxLength),
    uidItem(0x52, user.implementationClassUID),
    ...(asynchronousOperations
      ? [item(0x53, uint16(asynchronousOperations.invoked), uint16(asynchronousOperations.performed))]
      : []),
    ...user.roles.map(roleItem),
    uidItem(0x55, user.implementationVersionName),
    ...extended.map(({ sopClassUID, information }) => item(0x56, counted(latin1(sopClassUID)), information)),
    ...commonExtended.map(commonExtendedItem),
    ...(userIdentity ? [userIdentityItem(userIdentity)] : []),
    ...(userIdentityResponse ? [item(0x59, counted(userIdentityResponse))] : []),
  );
}

function roleItem(role: RoleSelection): Buffer {
  return item(0x54, counted(latin1(role.sopClassUID)), Buffer.from([role.scu ? 1 : 0, role.scp ? 1 : 0]));
}

function commonExtendedItem(negotiation: CommonExtendedNegotiation): Buffer {
  const related = negotiation.relatedGeneralSOPClassUIDs.map((uid) => counted(latin1(uid)));
  return item(
    0x57,
    counted(latin1(negotiation.sopClassUID)),
    counted(latin1(negotiation.serviceClassUID)),
    counted(Buffer.concat(related)),
  );
}

function userIdentityItem({ type, responseRequested, primary, secondary }: UserIdentityItem): Buffer {
  return item(0x58, Buffer.from([type, responseRequested ? 1 : 0]), counted(primary), counted(secondary));
}

/** Bytes behind their own 16-bit length. */
function counted(bytes: Buffer): Buffer {
  return Buffer.concat([uint16(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function uidItem(type: number, uid: string): Buffer {
  return item(type, latin1(uid));
}

function item(type: number, ...parts: Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(type, 0), uint16(length), ...parts]);
}

function frame(type: number, body: Buffer): Buffer {
  const header = Buffer.alloc(6);
  header[0] = type;
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}
