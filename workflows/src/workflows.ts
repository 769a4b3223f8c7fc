/** Entry of the workflow bundle: exactly what the worker can start by name. */
export { chunkWorkflow } from './chunk.ts';
export { tryMoveWorkflow } from './tryMove.ts';
export { jobWorkflow } from './job.ts';
