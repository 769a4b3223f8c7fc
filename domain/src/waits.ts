/** Why a task or a job waits: the closed list behind `task.wait`. */
export const WAIT_KINDS = [
  'slot',
  'spool-full',
  'destination-down',
  'destination-full',
  'source-down',
  'node-suspended',
  'host-lost',
  'retry',
] as const;
export type WaitKind = (typeof WAIT_KINDS)[number];

/** `used` and `of` count associations (kind `slot`); `until` is an ISO 8601 instant, when the next attempt is known. */
export interface WaitReason {
  readonly kind: WaitKind;
  readonly nodeId?: string;
  readonly used?: number;
  readonly of?: number;
  readonly until?: string;
}

/** The words for a reason to wait. `nodeName` is the name of the node that it is about. */
export function waitWords(reason: WaitReason, nodeName: string): string {
  switch (reason.kind) {
    case 'slot':
      return reason.of === undefined
        ? `Waiting for a free connection to ${nodeName}.`
        : `Waiting for ${nodeName} (${reason.used ?? reason.of} of ${reason.of} connections busy).`;
    case 'spool-full':
      return 'Waiting for free space on the transfer disk.';
    case 'destination-down':
      return `Waiting until ${nodeName} can be reached.`;
    case 'destination-full':
      return `Waiting for free space at ${nodeName}.`;
    case 'source-down':
      return `Waiting until ${nodeName} answers.`;
    case 'node-suspended':
      return `Waiting: ${nodeName} is suspended.`;
    case 'host-lost':
      return 'Waiting: the machine that held the images does not answer.';
    case 'retry':
      return `Waiting before ${nodeName} is asked again.`;
  }
}
