import { randomUUID } from 'node:crypto';
import { tagOf } from '../../dictionary/index.ts';
import {
  dataSetOf,
  decodeDataSet,
  encodeDataSet,
  Part10Error,
  sequenceElement,
  splitText,
  textElement,
} from '../../part10/index.ts';
import type { DataSet } from '../../part10/index.ts';
import { DimseError } from '../errors.ts';

/** An instance that a peer shall answer for. */
export interface ReferencedInstance {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

/** What a peer answers for, and what not (PS3.4 §J.3.3). */
export interface CommitmentReport {
  readonly transactionUID: string;
  readonly committed: readonly ReferencedInstance[];
  /** With Failure Reason (0008,1197): 0x0112 no such instance, 0x0119 another class, 0x0131 duplicate transaction … */
  readonly failed: readonly (ReferencedInstance & { readonly reason: number })[];
}

const TAG = {
  transaction: tagOf('TransactionUID'),
  references: tagOf('ReferencedSOPSequence'),
  failures: tagOf('FailedSOPSequence'),
  sopClass: tagOf('ReferencedSOPClassUID'),
  sopInstance: tagOf('ReferencedSOPInstanceUID'),
  reason: tagOf('FailureReason'),
} as const;

/** A new Transaction UID (PS3.5 §B.2). */
export function newTransactionUID(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
}

/** The action information of a request (PS3.4 §J.3.2.1). */
export function encodeActionInformation(
  transactionUID: string,
  instances: readonly ReferencedInstance[],
  transferSyntaxUID: string,
): Buffer {
  const items = instances.map(({ sopClassUID, sopInstanceUID }) =>
    dataSetOf(textElement(TAG.sopClass, sopClassUID), textElement(TAG.sopInstance, sopInstanceUID)),
  );
  const elements = [textElement(TAG.transaction, transactionUID), sequenceElement(TAG.references, items)];
  return encodeDataSet(elements, transferSyntaxUID);
}

/** Reads the event information of a report (PS3.4 §J.3.3.1). @throws DimseError `protocol-violation` when it is none */
export function decodeEventInformation(bytes: Buffer, transferSyntaxUID: string): CommitmentReport {
  try {
    const dataSet = decodeDataSet(bytes, transferSyntaxUID);
    const transactionUID = uid(dataSet, TAG.transaction);
    if (transactionUID === '') throw new DimseError('protocol-violation', { what: 'commitment-report' });
    return {
      transactionUID,
      committed: items(dataSet, TAG.references).map(reference),
      failed: items(dataSet, TAG.failures).map((item) => {
        const reason = item.get(TAG.reason)?.value;
        return { ...reference(item), reason: reason?.length === 2 ? reason.readUInt16LE() : 0 };
      }),
    };
  } catch (error) {
    if (!(error instanceof Part10Error)) throw error;
    throw new DimseError('protocol-violation', { what: 'commitment-report' });
  }
}

function items(dataSet: DataSet, tag: number): readonly DataSet[] {
  return dataSet.get(tag)?.items ?? [];
}

function reference(item: DataSet): ReferencedInstance {
  return { sopClassUID: uid(item, TAG.sopClass), sopInstanceUID: uid(item, TAG.sopInstance) };
}

function uid(dataSet: DataSet, tag: number): string {
  const element = dataSet.get(tag);
  return element ? (splitText(element.value, [], 'UI')[0] ?? '') : '';
}
