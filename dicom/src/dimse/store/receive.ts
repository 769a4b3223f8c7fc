import type { Association } from '../association/association.ts';
import type { Message } from '../association/incoming.ts';
import { COMMAND } from '../command.ts';
import { DimseError } from '../errors.ts';
import { encodeFileMeta } from '../../part10/index.ts';
import { STATUS } from '../status.ts';
import type { IncomingInstance, InstanceSink, Placement } from '../types.ts';
import { DurableFile } from './file.ts';

/**
 * Takes the instance of a C-STORE-RQ (PS3.7 §9.1.1): asks the sink, streams the bytes unchanged into a durable file, tells the sink,
 * and only then answers.
 * @returns the status that was answered.
 * @throws DimseError when the association broke; other errors become the status 0xA700 (no space) or 0x0110.
 */
export async function receiveInstance(association: Association, message: Message, sink: InstanceSink): Promise<number> {
  return (await startReceiving(association, message, sink)).answered;
}

/** An instance whose bytes are all here. */
export interface Receiving {
  /** Settles with the status when the instance is durable and answered. */
  readonly answered: Promise<number>;
}

/**
 * As `receiveInstance`, but settles as soon as the next message can be read: where operations may be outstanding, the next instance
 * comes in while this one is made durable.
 */
export async function startReceiving(
  association: Association,
  message: Message,
  sink: InstanceSink,
): Promise<Receiving> {
  const instance = describe(association, message);
  const finish = instance ? await take(message, instance, sink) : async () => STATUS.cannotUnderstand;
  const { contextId, command } = message;
  const answer = async () => {
    const status = await finish();
    await association.send(contextId, {
      commandField: COMMAND.storeResponse,
      messageIDBeingRespondedTo: command.messageID,
      affectedSOPClassUID: command.affectedSOPClassUID,
      affectedSOPInstanceUID: command.affectedSOPInstanceUID,
      status,
    });
    return status;
  };
  return { answered: answer() };
}

/** What is left to do when the bytes are here. @returns the status to answer */
type Finish = () => Promise<number>;

async function take(message: Message, instance: IncomingInstance, sink: InstanceSink): Promise<Finish> {
  const failed = (error: unknown): number => {
    sink.failed?.(instance, error);
    if (error instanceof DimseError) throw error;
    return isOutOfSpace(error) ? STATUS.outOfResources : STATUS.processingFailure;
  };
  const refuse = async (status: number): Promise<Finish> => {
    await message.dataSet?.skip();
    return async () => status;
  };
  try {
    const verdict = await sink.begin(instance);
    if ('refuse' in verdict) return await refuse(verdict.refuse);
    const finish = await keep(message, instance, verdict, sink);
    return () => finish().catch(failed);
  } catch (error) {
    return refuse(failed(error));
  }
}

async function keep(
  message: Message,
  instance: IncomingInstance,
  place: Placement,
  sink: InstanceSink,
): Promise<Finish> {
  const { dataSet } = message;
  if (dataSet === undefined) return async () => STATUS.cannotUnderstand;
  await using stack = new AsyncDisposableStack();
  const file = stack.use(DurableFile.create(place, encodeFileMeta(instance), sink.hashed));
  await dataSet.pour((bytes) => file.write(bytes));
  const kept = stack.move();
  return async () => {
    try {
      const sha256 = await file.finish(sink.durability ?? 'synced');
      return await sink.done({ ...instance, path: place.path, bytes: file.bytes, sha256 });
    } finally {
      await kept.disposeAsync();
    }
  };
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
