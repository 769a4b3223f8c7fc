import type { Association } from '../association/association.ts';
import type { Message } from '../association/incoming.ts';
import { COMMAND } from '../command.ts';
import { DimseError } from '../errors.ts';
import { encodeFileMeta } from '../../part10/index.ts';
import { STATUS } from '../status.ts';
import type { IncomingInstance, InstanceSink } from '../types.ts';
import { DurableFile } from './file.ts';

/**
 * Takes the instance of a C-STORE-RQ (PS3.7 §9.1.1): asks the sink, streams the bytes unchanged into a durable file, tells the sink,
 * and only then answers.
 * @returns the status that was answered.
 * @throws DimseError when the association broke; other errors become the status 0xA700 (no space) or 0x0110.
 */
export async function receiveInstance(association: Association, message: Message, sink: InstanceSink): Promise<number> {
  const instance = describe(association, message);
  const status = instance === undefined ? STATUS.cannotUnderstand : await take(message, instance, sink);
  const { messageID, affectedSOPClassUID, affectedSOPInstanceUID } = message.command;
  await association.send(message.contextId, {
    commandField: COMMAND.storeResponse,
    messageIDBeingRespondedTo: messageID,
    affectedSOPClassUID,
    affectedSOPInstanceUID,
    status,
  });
  return status;
}

async function take(message: Message, instance: IncomingInstance, sink: InstanceSink): Promise<number> {
  try {
    const verdict = await sink.begin(instance);
    if ('path' in verdict) return await keep(message, instance, verdict.path, sink);
    await message.dataSet?.skip();
    return verdict.refuse;
  } catch (error) {
    sink.failed?.(instance, error);
    if (error instanceof DimseError) throw error;
    await message.dataSet?.skip();
    return isOutOfSpace(error) ? STATUS.outOfResources : STATUS.processingFailure;
  }
}

async function keep(message: Message, instance: IncomingInstance, path: string, sink: InstanceSink): Promise<number> {
  const { dataSet } = message;
  if (dataSet === undefined) return STATUS.cannotUnderstand;
  await using file = DurableFile.create(path, encodeFileMeta(instance));
  await file.writeAll(dataSet);
  const sha256 = await file.finish(sink.durability ?? 'synced');
  return sink.done({ ...instance, path, bytes: file.bytes, sha256 });
}

/** Undefined when the request does not say which instance it brings: such an instance must not get a name on disk. */
function describe(association: Association, { contextId, command, dataSet }: Message): IncomingInstance | undefined {
  const context = association.contexts.get(contextId);
  const { affectedSOPClassUID, affectedSOPInstanceUID, moveOriginatorAETitle, moveOriginatorMessageID } = command;
  if (!isUid(affectedSOPClassUID) || !isUid(affectedSOPInstanceUID) || !context || !dataSet) return undefined;
  const instance = {
    sopClassUID: affectedSOPClassUID,
    sopInstanceUID: affectedSOPInstanceUID,
    transferSyntaxUID: context.transferSyntax,
    callingAETitle: association.callingAETitle,
    calledAETitle: association.calledAETitle,
    remoteAddress: association.remoteAddress,
  };
  return moveOriginatorAETitle !== undefined && moveOriginatorMessageID !== undefined
    ? { ...instance, moveOriginator: { aeTitle: moveOriginatorAETitle, messageID: moveOriginatorMessageID } }
    : instance;
}

/** Digits and dots only, at most 64 (PS3.5 §9.1): it becomes part of file names. */
function isUid(text: string | undefined): text is string {
  return text !== undefined && /^[0-9]+(\.[0-9]+)*$/.test(text) && text.length <= 64;
}

function isOutOfSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
