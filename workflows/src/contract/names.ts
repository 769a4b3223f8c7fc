/** Names of queues, workflows and ids: one place, opaque ids only. */
export const NAMESPACE = 'dicom';
export const JOB_WORKFLOW = 'jobWorkflow';
export const CHUNK_WORKFLOW = 'chunkWorkflow';
export const TRY_MOVE_WORKFLOW = 'tryMoveWorkflow';

export const JOBS_QUEUE = 'wf.jobs';
export const DB_QUEUE = 'db';
export const findQueue = (nodeId: string) => `pacs.${nodeId}.find`;
export const admitQueue = (nodeId: string) => `pacs.${nodeId}.retrieve`;
export type HostStep = 'admit' | 'retrieve' | 'pseudonymize' | 'store';
export const hostQueue = (hostId: string, step: HostStep) => `host.${hostId}.${step}`;

export const jobWorkflowId = (jobId: string, runNo: number) => `job/${jobId}/run/${runNo}`;
export const chunkWorkflowId = (jobId: string, runNo: number, chunkNo: number) =>
  `job/${jobId}/run/${runNo}/chunk/${chunkNo}`;

export const tryMoveWorkflowId = (nodeId: string) => `node/${nodeId}/try-move`;

/** Name of the key that payloads are encrypted with today; it travels with them. */
export const PAYLOAD_KEY_ID = 'payload';
