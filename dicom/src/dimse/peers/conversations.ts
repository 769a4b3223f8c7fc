import { COMMAND } from '../command.ts';
import { encodePdu } from '../pdu/encode.ts';
import type { AssociateRequest } from '../pdu/types.ts';
import { encodeIdentifier } from '../query/identifier.ts';
import { SOP_CLASS, TRANSFER_SYNTAX } from '../uids.ts';
import { associateAccept, associateRequest, messagePdus } from './scriptedPeer.ts';

/** What well-behaved peers say, byte for byte; what mutated conversations are made from. */

const CT = '1.2.840.10008.5.1.4.1.1.2';
const implicit = TRANSFER_SYNTAX.implicitLittleEndian;
const release = encodePdu({ kind: 'release-request' });
const everything: Partial<AssociateRequest['user']> = {
  asynchronousOperations: { invoked: 3, performed: 1 },
  roles: [{ sopClassUID: CT, scu: true, scp: true }],
  extended: [{ sopClassUID: SOP_CLASS.studyRootFind, information: Buffer.of(1, 1, 1, 1) }],
  commonExtended: [{ sopClassUID: CT, serviceClassUID: '1.2', relatedGeneralSOPClassUIDs: ['1.3', '1.4'] }],
  userIdentity: { type: 2, responseRequested: true, primary: Buffer.from('me'), secondary: Buffer.from('secret') },
};

function request(user: Partial<AssociateRequest['user']> = {}): Buffer {
  const plain = associateRequest([SOP_CLASS.verification, CT]);
  return encodePdu({ ...plain, user: { ...plain.user, ...user } });
}

function store(messageID: number, bytes: number): Buffer {
  const command = {
    commandField: COMMAND.storeRequest,
    messageID,
    priority: 0,
    affectedSOPClassUID: CT,
    affectedSOPInstanceUID: `1.2.3.${messageID}`,
  };
  return messagePdus(3, command, Buffer.alloc(bytes, messageID), 1_000);
}

const echo = messagePdus(1, { commandField: COMMAND.echoRequest, messageID: 1, affectedSOPClassUID: '1.2' });

/** What requestors say to our listener, from the association to its release. */
export const REQUESTS: readonly Buffer[] = [
  Buffer.concat([request(), echo, release]),
  Buffer.concat([request(everything), store(1, 3_000), store(2, 10), release]),
  Buffer.concat([request(), store(1, 20_000), echo, store(2, 2)]),
  Buffer.concat([request(), encodePdu({ kind: 'abort', source: 0, reason: 0 })]),
];

const answer = encodeIdentifier('STUDY', { PatientName: 'A^B', StudyInstanceUID: '1.2.3' }, implicit);
const pending = { commandField: COMMAND.findResponse, messageIDBeingRespondedTo: 1, status: 0xff00 };
const accept = encodePdu(associateAccept([1, 3], implicit));
const counts = { remainingSubOperations: 1, completedSubOperations: 1, failedSubOperations: 0 };

function final(commandField: number): Buffer {
  return messagePdus(1, { commandField, messageIDBeingRespondedTo: 1, status: 0 });
}

/** What acceptors answer, by what they were asked; the release is left to whoever plays them. */
export const ANSWERS = {
  echo: Buffer.concat([accept, final(COMMAND.echoResponse)]),
  find: Buffer.concat([
    accept,
    messagePdus(1, pending, answer),
    messagePdus(1, { ...pending, status: 0xff01 }, answer, 7),
    final(COMMAND.findResponse),
  ]),
  get: Buffer.concat([
    accept,
    store(1, 3_000),
    messagePdus(1, { ...pending, ...counts, commandField: COMMAND.getResponse }),
    final(COMMAND.getResponse),
  ]),
  move: Buffer.concat([
    accept,
    messagePdus(1, { ...pending, ...counts, commandField: COMMAND.moveResponse }),
    final(COMMAND.moveResponse),
  ]),
  store: Buffer.concat([accept, final(COMMAND.storeResponse)]),
} as const satisfies Record<string, Buffer>;
