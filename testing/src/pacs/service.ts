import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  classify,
  COMMAND,
  DimseError,
  receiveInstance,
  STATUS,
  type Association,
  type Command,
  type InstanceSink,
  type Message,
  type OutgoingInstance,
  type ReceivedCommand,
} from '@viaduct/dicom/dimse';
import type { Archive } from './archive.ts';
import { commit } from './commitment.ts';
import type { Line } from './line.ts';
import type { Nearline } from './nearline.ts';
import { perform } from './operations.ts';
import type { Overload } from './overload.ts';
import type { Recorder } from './recorder.ts';
import type { Courier } from './retrieve.ts';
import type { Script } from './script.ts';
import type { Destination } from './types.ts';

/** What all associations of a PACS share. */
export interface Site {
  readonly aeTitle: string;
  readonly archive: Archive;
  readonly script: Script;
  readonly recorder: Recorder;
  readonly nearline: Nearline;
  readonly overload: Overload;
  readonly line: Line;
  /** Aborted when the PACS is closed. */
  readonly closing: AbortSignal;
  destinations: Readonly<Record<string, Destination>>;
}

/** How long a peer may say nothing between two requests, ms: longer than any C-MOVE takes. */
const PATIENCE_MS = 3_600_000;
interface Pending {
  readonly resolve: (status: number) => void;
  readonly reject: (error: DimseError) => void;
}

/** Serves one association: requests one after the other, cancels and sub-operation responses while one is under way. */
export class Service {
  readonly callingAETitle: string;
  readonly site: Site;
  readonly #association: Association;
  /** Number of the association, in the order they came. */
  readonly id: number;
  readonly #operations = new Map<number, AbortController>();
  readonly #running = new Set<Promise<void>>();
  readonly #pending = new Map<number, Pending>();
  #transferred = 0;
  #ended = false;

  constructor(site: Site, association: Association, id: number) {
    this.site = site;
    this.#association = association;
    this.id = id;
    this.callingAETitle = association.callingAETitle;
  }

  /** Whether the requestor is gone. */
  get ended(): boolean {
    return this.#ended || this.#association.failure !== undefined;
  }

  /** Serves until the peer releases. @throws DimseError when the association breaks */
  async run(): Promise<void> {
    try {
      for await (const message of this.#association.receive(PATIENCE_MS)) await this.#take(message);
    } finally {
      this.#ended = true;
      for (const operation of this.#operations.values()) operation.abort();
      for (const { reject } of this.#pending.values()) reject(new DimseError('closed-without-response'));
      await Promise.all(this.#running);
    }
  }

  /** Sends a message; the data set is made for the transfer syntax of the context. */
  send(contextId: number, command: Command, dataSet?: (transferSyntaxUID: string) => Buffer): Promise<void> {
    return this.#association.send(contextId, command, dataSet && [dataSet(this.transferSyntaxOf(contextId))]);
  }

  withholds(sopInstanceUID: string): boolean {
    const withheld = this.site.script.withholds(sopInstanceUID);
    if (withheld) this.site.recorder.event(this.id, 'fault', 'withhold');
    return withheld;
  }

  /** The pause of a slow PACS. Says whether the operation was canceled. @throws DimseError when the peer is gone */
  async pause(signal: AbortSignal, ms = this.site.script.instancePauseMs(this.site.recorder.open)): Promise<boolean> {
    if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined);
    this.#assertAlive();
    return signal.aborted;
  }

  /** Does what the script says before an instance: nothing, abort, or hang until the peer gives up, half closed or not. */
  async beforeInstance(): Promise<void> {
    const order = this.site.script.order(this.#transferred);
    if (order === 'go-on') return;
    this.site.recorder.event(this.id, 'fault', order);
    if (order === 'half-close') this.site.line.halfClose(this.#association.remotePort);
    if (order === 'abort') this.#association.abort(new DimseError('canceled'), { source: 2, reason: 0 });
    await this.#association.closed;
    throw new DimseError('closed-without-response');
  }

  /** Counts a sub-operation and its answer. */
  async counted(sopInstanceUID: string, deliver: () => Promise<number | undefined>): Promise<number | undefined> {
    this.site.recorder.delivering(sopInstanceUID);
    const status = await deliver();
    this.#transferred++;
    const taken = status !== undefined && ['success', 'warning'].includes(classify(status));
    this.site.recorder.delivered(this.id, sopInstanceUID, status ?? STATUS.sopClassNotSupported, taken);
    return status;
  }

  async #take(message: Message): Promise<unknown> {
    const { command, contextId } = message;
    if (this.site.script.faults.silent === 'requests') {
      this.site.recorder.event(this.id, 'fault', 'silent');
      return;
    }
    switch (command.commandField) {
      case COMMAND.echoRequest:
        this.site.recorder.request({
          ...this.requestFacts(),
          operation: 'echo',
          studies: [],
          series: [],
          instances: [],
        });
        return this.answer(contextId, command, STATUS.success);
      case COMMAND.storeRequest:
        return this.#store(message);
      case COMMAND.storeResponse:
        return this.#pending
          .get(command.messageIDBeingRespondedTo ?? 0)
          ?.resolve(command.status ?? STATUS.processingFailure);
      case COMMAND.cancelRequest:
        this.site.recorder.event(this.id, 'canceled', String(command.messageIDBeingRespondedTo));
        return this.#operations.get(command.messageIDBeingRespondedTo ?? 0)?.abort();
      case COMMAND.actionRequest:
        return commit(this, this.#association, message);
      case COMMAND.eventReportResponse:
        return this.site.recorder.event(this.id, 'finished', 'commitment', command.status);
      case COMMAND.findRequest:
      case COMMAND.getRequest:
      case COMMAND.moveRequest:
        return this.#begin(message);
      default:
        return this.answer(contextId, command, STATUS.unrecognizedOperation);
    }
  }

  /** Transfer syntax of a presentation context. */
  transferSyntaxOf(contextId: number): string {
    return this.#association.contexts.get(contextId)?.transferSyntax ?? '';
  }

  /** When, where from and from whom a request comes. */
  requestFacts() {
    return { at: Date.now(), association: this.id, callingAETitle: this.callingAETitle };
  }

  /** Sends any response without a data set and gives its status. */
  async answer(
    contextId: number,
    command: ReceivedCommand,
    status: number,
    more: Partial<Command> = {},
  ): Promise<number> {
    await this.send(contextId, {
      commandField: command.commandField | 0x8000,
      messageIDBeingRespondedTo: command.messageID,
      affectedSOPClassUID: command.affectedSOPClassUID,
      status,
      ...more,
    });
    return status;
  }

  /** Starts a query or retrieve and goes on listening, so that it can be canceled. */
  async #begin({ command, contextId, dataSet }: Message): Promise<void> {
    this.site.overload.request();
    const { messageID = 0 } = command;
    const identifier = (await dataSet?.bytes()) ?? Buffer.alloc(0);
    const controller = new AbortController();
    this.#operations.set(messageID, controller);
    const running = perform(this, { contextId, command, identifier }, controller.signal).finally(() =>
      this.#operations.delete(messageID),
    );
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  /** Aborted when the association of the requestor is gone. */
  gone(): AbortSignal {
    const controller = new AbortController();
    void this.#association.closed.then(() => controller.abort());
    return controller.signal;
  }

  /** Sub-operations over the association of the C-GET itself (PS3.7 §9.1.3). */
  courier(): Courier {
    return {
      deliver: (instance) => this.#deliver(instance),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  async #deliver(instance: OutgoingInstance): Promise<number | undefined> {
    const { sopClassUID, sopInstanceUID, transferSyntaxUID } = instance;
    const context = this.#association.findContext(sopClassUID, transferSyntaxUID);
    if (!context?.requestorIsSCP) return undefined;
    const messageID = this.#association.nextMessageID();
    const answered = Promise.withResolvers<number>();
    this.#pending.set(messageID, answered);
    answered.promise.catch(() => undefined);
    try {
      const command = { commandField: COMMAND.storeRequest, messageID, priority: 0 };
      const affected = { affectedSOPClassUID: sopClassUID, affectedSOPInstanceUID: sopInstanceUID };
      await this.#association.send(context.id, { ...command, ...affected }, instance.dataSet);
      return await answered.promise;
    } finally {
      this.#pending.delete(messageID);
    }
  }

  async #store(message: Message): Promise<void> {
    await this.beforeInstance();
    const { archive, recorder, script } = this.site;
    const sink: InstanceSink = {
      begin: ({ sopInstanceUID }) => {
        const refuse = script.faults.refuseStatus?.store;
        return refuse === undefined
          ? { path: path.join(archive.dir, 'received', `${sopInstanceUID}.dcm`) }
          : { refuse };
      },
      done: async (stored) => {
        const indexed = await archive.add(stored.path);
        await this.pause(new AbortController().signal);
        this.#transferred++;
        recorder.received(this.id, stored.sopInstanceUID);
        return indexed ? (script.faults.keepStatus ?? STATUS.success) : STATUS.cannotUnderstand;
      },
    };
    await receiveInstance(this.#association, message, sink);
  }

  #assertAlive(): void {
    if (this.ended) throw new DimseError('closed-without-response');
  }
}
