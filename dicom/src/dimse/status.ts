import { DimseError } from './errors.ts';

/** Classes of DIMSE status codes (PS3.7 §C). `refused` is out of resources (A7xx): worth another try later. */
export type StatusKind = 'success' | 'pending' | 'cancel' | 'warning' | 'refused' | 'failure';

/** Status codes that are answered or tested by name. */
export const STATUS = {
  success: 0x0000,
  cancel: 0xfe00,
  pending: 0xff00,
  outOfResources: 0xa700,
  dataSetMismatch: 0xa900,
  cannotUnderstand: 0xc000,
  moveDestinationUnknown: 0xa801,
  sopClassNotSupported: 0x0122,
  processingFailure: 0x0110,
  duplicateInvocation: 0x0210,
  unrecognizedOperation: 0x0211,
  mistypedArgument: 0x0212,
} as const;

/** The class of a status code. */
export function classify(status: number): StatusKind {
  if (status === STATUS.success) return 'success';
  if (status === STATUS.pending || status === 0xff01) return 'pending';
  if (status === STATUS.cancel) return 'cancel';
  if (status === 0x0001 || status === 0x0107 || status === 0x0116 || status >> 12 === 0xb) return 'warning';
  return status >> 8 === 0xa7 ? 'refused' : 'failure';
}

/** The error a final status stands for; undefined for success and warnings. */
export function statusError(status: number, facts: Readonly<Record<string, number>> = {}): DimseError | undefined {
  const all = { status, ...facts };
  if (status === STATUS.moveDestinationUnknown) return new DimseError('move-destination-unknown', all);
  switch (classify(status)) {
    case 'success':
    case 'warning':
      return undefined;
    case 'cancel':
      return new DimseError('canceled', all);
    case 'refused':
      return new DimseError('refused-out-of-resources', all);
    default:
      return new DimseError('status-failure', all);
  }
}
