/** One gateway to every node: the public face of pacs. */
export { createGateway } from './gateway.ts';
export type { CallOptions, ExpectedThere, Gateway, GatewayOptions, RetrieveOptions } from './gateway.ts';
export type { RetrieveSelection, TestStep } from './faces/face.ts';
export type { Limited } from './bandwidth.ts';
export type { Batch, DestinationSession, Outgoing, Stored } from './destination.ts';
export { PacsError, toPacsError, type PacsFacts } from './errors.ts';
export { checkFolder, demandBelowRoots } from './folder.ts';
export type { InstanceAnswer, SeriesAnswer, StudyContents } from './instances.ts';
export { facesOf, retrieveMethodOf, type FaceKind, type GatewayNode } from './node.ts';
export type { FaceTest, TestResult } from './nodeTest.ts';
export type { RateListener } from './rate.ts';
export { MOST_INSTANCES, type SmallSeries } from './smallSeries.ts';
export { HeldSlot, adoptSlot, trySlot, waitForSlot, type SlotOptions } from './slots.ts';
export { matches, studyIdentifier, type StudyAnswer, type StudyCriteria } from './studies.ts';
