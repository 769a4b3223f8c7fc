import type {
  Answer,
  Capabilities,
  Identifier,
  InstanceSink,
  PresentationContextProposal,
  QueryLevel,
  RetrieveResult,
  SubOperations,
} from '@viaduct/dicom/dimse';
import type { DestinationSession } from '../destination.ts';
import type { Asked } from '../errors.ts';
import type { FaceKind } from '../node.ts';

/** What is asked of a source. Without series the whole study, without instances whole series. */
export interface RetrieveSelection {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid?: string;
  readonly sopInstanceUids?: readonly string[];
}

/** Stops a request. */
export interface FaceCall {
  readonly signal?: AbortSignal;
}

/** Requests made of a server: each waits for its turn first. */
export interface FaceRequests extends FaceCall {
  readonly turn: () => Promise<void>;
}

/** One step of a test with its duration in ms. */
export interface TestStep {
  readonly step: 'resolve' | 'connect' | 'associate' | 'echo' | 'search' | 'folder';
  readonly ok: boolean;
  readonly ms: number;
}

/** A server as it is spoken to, over DIMSE or DICOMweb. What fails throws DimseError or WebError. */
export interface Face {
  readonly kind: FaceKind;
  /** Whom the sentence of a failure names. */
  readonly asked: Asked;
  find(level: QueryLevel, identifier: Identifier, call: FaceRequests): AsyncGenerator<Answer>;
  /** Fetches instances into the sink. @param proposals what is negotiated for them, where that is done */
  get(
    selection: RetrieveSelection,
    proposals: readonly PresentationContextProposal[] | undefined,
    sink: InstanceSink,
    call: FaceRequests & { onProgress?(counts: SubOperations): void },
  ): Promise<RetrieveResult>;
  /** Lets the server send instances to a receiver (C-MOVE). */
  move(
    selection: RetrieveSelection,
    receiverAeTitle: string,
    call: FaceRequests & { onProgress?(counts: SubOperations): void },
  ): Promise<RetrieveResult>;
  /** @param proposals the classes and transfer syntaxes that will be sent, where that is negotiated (at most 128) */
  open(proposals: readonly PresentationContextProposal[], call: FaceRequests): Promise<DestinationSession>;
  /** What it accepts, where that is negotiated. */
  capabilities(call: FaceCall): Promise<Capabilities>;
  /** Asks for a sign of life. Returns its steps. */
  greet(call: FaceCall): Promise<TestStep[]>;
  /** The step of `greet` at which this failure happens. */
  failedStep(reason: string, facts: Readonly<Record<string, string | number>>): TestStep['step'];
}
