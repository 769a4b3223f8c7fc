import {
  classify,
  COMMAND,
  DimseError,
  openStoreAssociation,
  STATUS,
  type Command,
  type OutgoingInstance,
  type PresentationContextProposal,
  type ReceivedCommand,
} from '@viaduct/dicom/dimse';
import { encodeDataSet, textElement } from '@viaduct/dicom/part10';
import { tagOf } from '@viaduct/dicom/dictionary';
import type { InstanceRecord } from './archive.ts';
import type { Service } from './service.ts';
import type { Destination } from './types.ts';

/** Way on which sub-operations go: the association of the C-GET, or one to the destination of the C-MOVE. */
export interface Courier extends AsyncDisposable {
  /** Status of the C-STORE response; undefined when the peer takes no such instance. */
  deliver(instance: OutgoingInstance): Promise<number | undefined>;
}

/** The final statuses of PS3.4 §C.4.2.1.5 and §C.4.3.1.4 that `STATUS` does not name. */
const UNABLE_TO_PERFORM = 0xa702;
const COMPLETE_WITH_FAILURES = 0xb000;
const MAX_CONTEXTS = 128;
const COURIER_DEADLINE_MS = 60_000;

/** Opens the association to the destination of a C-MOVE. */
export async function openCourier(
  destination: Destination,
  titles: { readonly called: string; readonly calling: string },
  records: readonly InstanceRecord[],
  signal: AbortSignal,
): Promise<Courier> {
  const pairs = new Map(records.map((record) => [`${record.sopClassUID} ${record.transferSyntaxUID}`, record]));
  const proposals = [...pairs.values()].slice(0, MAX_CONTEXTS).map((record): PresentationContextProposal => ({
    abstractSyntax: record.sopClassUID,
    transferSyntaxes: [record.transferSyntaxUID],
  }));
  const peer = {
    ...destination,
    calledAETitle: titles.called,
    callingAETitle: titles.calling,
    connectTimeoutMs: COURIER_DEADLINE_MS,
    associationTimeoutMs: COURIER_DEADLINE_MS,
    responseTimeoutMs: COURIER_DEADLINE_MS,
    idleTimeoutMs: COURIER_DEADLINE_MS,
  };
  const association = await openStoreAssociation(peer, proposals, { signal });
  return {
    deliver: async (instance) =>
      association.accepts(instance.sopClassUID, instance.transferSyntaxUID)
        ? (await association.store(instance)).status
        : undefined,
    [Symbol.asyncDispose]: () => association.release().catch(() => association.abort()),
  };
}

/** Delivers instances one after the other and reports each to the requestor with a pending response. */
export class Retrieve {
  readonly #service: Service;
  readonly #contextId: number;
  readonly #command: ReceivedCommand;
  readonly #records: readonly InstanceRecord[];
  readonly #failed: string[] = [];
  #completed = 0;
  #warning = 0;

  constructor(service: Service, contextId: number, command: ReceivedCommand, records: readonly InstanceRecord[]) {
    this.#service = service;
    this.#contextId = contextId;
    this.#command = command;
    this.#records = records;
  }

  /**
   * Does it all. @param open - gives the way, when there is something to deliver.
   * @throws DimseError when the association of the requestor breaks
   */
  async run(open: () => Promise<Courier>, signal: AbortSignal): Promise<number> {
    if (this.#records.length === 0) return this.#respond(STATUS.success);
    let courier: Courier;
    try {
      courier = await open();
    } catch (error) {
      if (!(error instanceof DimseError) || signal.aborted) throw error;
      this.#failed.push(...this.#records.map((record) => record.sopInstanceUID));
      return this.#respond(UNABLE_TO_PERFORM);
    }
    await using owned = courier;
    for (const record of this.#records) {
      if (await this.#service.pause(signal)) return this.#respond(STATUS.cancel);
      await this.#service.beforeInstance();
      await this.#deliver(owned, record);
      await this.#respond(STATUS.pending);
    }
    return this.#respond(this.#failed.length + this.#warning > 0 ? COMPLETE_WITH_FAILURES : STATUS.success);
  }

  async #deliver(courier: Courier, record: InstanceRecord): Promise<void> {
    const status = this.#service.withholds(record.sopInstanceUID) ? undefined : await this.#send(courier, record);
    const kind = status === undefined ? 'failure' : classify(status);
    if (kind === 'success') this.#completed++;
    else if (kind === 'warning') this.#warning++;
    else this.#failed.push(record.sopInstanceUID);
  }

  async #send(courier: Courier, record: InstanceRecord): Promise<number | undefined> {
    const { path, dataSetOffset, fileSize, sopClassUID, sopInstanceUID, transferSyntaxUID } = record;
    const { messageID = 0, moveDestination } = this.#command;
    const moveOriginator = { aeTitle: this.#service.callingAETitle, messageID };
    try {
      return await this.#service.counted(sopInstanceUID, () =>
        courier.deliver({
          sopClassUID,
          sopInstanceUID,
          transferSyntaxUID,
          dataSet: [{ path, start: dataSetOffset, end: fileSize }],
          ...(moveDestination === undefined ? {} : { moveOriginator }),
        }),
      );
    } catch (error) {
      // The destination of a C-MOVE is gone, or the file is: a failed sub-operation. The requestor's own end is not.
      if (!(error instanceof DimseError) || this.#service.ended) throw error;
      return undefined;
    }
  }

  async #respond(status: number): Promise<number> {
    const { failedList, ...answer } = this.#answer(status);
    await this.#service.send(
      this.#contextId,
      {
        commandField: this.#command.commandField === COMMAND.getRequest ? COMMAND.getResponse : COMMAND.moveResponse,
        messageIDBeingRespondedTo: this.#command.messageID,
        affectedSOPClassUID: this.#command.affectedSOPClassUID,
        ...answer,
      },
      failedList && ((syntax) => encodeDataSet([textElement(tagOf('FailedSOPInstanceUIDList'), failedList)], syntax)),
    );
    return answer.status;
  }

  /** Status and counters, true or as the script wants them. */
  #answer(status: number): Partial<Command> & { status: number; failedList?: readonly string[] } {
    const [completed, failed, warning] = [this.#completed, this.#failed.length, this.#warning];
    const isFinal = status !== STATUS.pending;
    const remaining =
      isFinal && status !== STATUS.cancel ? undefined : this.#records.length - completed - failed - warning;
    const counters = (counts: readonly [completed: number, failed: number, warning: number, remaining?: number]) => ({
      completedSubOperations: counts[0],
      failedSubOperations: counts[1],
      warningSubOperations: counts[2],
      remainingSubOperations: counts[3],
    });
    switch (this.#service.site.script.faults.counters) {
      case 'none':
        return { status };
      case 'zero':
        return { status: isFinal ? STATUS.success : status, ...counters([0, 0, 0]) };
      case 'all-completed':
        return {
          status: isFinal ? STATUS.success : status,
          ...counters([completed + failed + warning, 0, 0, remaining]),
        };
      default:
        return {
          status,
          ...counters([completed, failed, warning, remaining]),
          ...(isFinal && failed > 0 && { failedList: this.#failed }),
        };
    }
  }
}
