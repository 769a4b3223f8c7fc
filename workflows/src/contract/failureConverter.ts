import { DefaultFailureConverter } from '@temporalio/common';

/**
 * Moves message and stack trace of a failure into its encoded attributes, which the codec encrypts. The failure's
 * `type` stays readable: it is a cause of the closed list, never free text. Loaded by path: by client, worker, replayer
 * and bundler.
 */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
