/** DICOM over TCP: the public face of dicom/dimse. */
export * from './types.ts';
export * from './errors.ts';
export { COMMAND } from './command.ts';
export type { Command, ReceivedCommand } from './command.ts';
export { Association } from './association/association.ts';
export { connect } from './association/connect.ts';
export { listen, LISTEN_LIMITS } from './association/listen.ts';
export type { Listener, ListenLimits, ListenOptions } from './association/listen.ts';
export type { IncomingDataSet, Message } from './association/incoming.ts';
export type { AcceptedContext, AssociationCall, Negotiate } from './association/negotiation.ts';
export { REJECTION } from './pdu/types.ts';
export type { ProposedContext, Rejection } from './pdu/types.ts';
export { SOP_CLASS, TRANSFER_SYNTAX } from './uids.ts';
export { classify, statusError } from './status.ts';
export type { StatusKind } from './status.ts';
