/** One gateway to every node: the public face of pacs. */
export { createGateway } from './gateway.ts';
export type {
  CallOptions,
  ExpectedThere,
  Gateway,
  GatewayOptions,
  RetrieveOptions,
  RetrieveSelection,
} from './gateway.ts';
export type { DestinationSession, Stored } from './destination.ts';
export { PacsError, toPacsError, type PacsFacts } from './errors.ts';
export { checkFolder, demandBelowRoots } from './folder.ts';
export type { InstanceAnswer, SeriesAnswer, StudyContents } from './instances.ts';
export { peerOf, type GatewayNode } from './node.ts';
export type { TestResult, TestStep } from './nodeTest.ts';
export type { RateListener } from './rate.ts';
export { HeldSlot, adoptSlot, trySlot, waitForSlot, type SlotOptions } from './slots.ts';
export { matches, studyIdentifier, type StudyAnswer, type StudyCriteria } from './studies.ts';
