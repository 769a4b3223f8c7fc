import type { QueryLevel } from './types.ts';
import { STORAGE_SOP_CLASS_UIDS } from '../dictionary/index.ts';

/** SOP classes of the services we speak (PS3.4 §A, §C). */
export const SOP_CLASS = {
  verification: '1.2.840.10008.1.1',
  patientRootFind: '1.2.840.10008.5.1.4.1.2.1.1',
  patientRootMove: '1.2.840.10008.5.1.4.1.2.1.2',
  patientRootGet: '1.2.840.10008.5.1.4.1.2.1.3',
  studyRootFind: '1.2.840.10008.5.1.4.1.2.2.1',
  studyRootMove: '1.2.840.10008.5.1.4.1.2.2.2',
  studyRootGet: '1.2.840.10008.5.1.4.1.2.2.3',
  storageCommitment: '1.2.840.10008.1.20.1',
} as const;

/** The classes of a query/retrieve at a level: only the patient root knows patients (PS3.4 §C.6). */
export function queryRetrieveClasses(level: QueryLevel): {
  readonly find: string;
  readonly move: string;
  readonly get: string;
} {
  return level === 'PATIENT'
    ? { find: SOP_CLASS.patientRootFind, move: SOP_CLASS.patientRootMove, get: SOP_CLASS.patientRootGet }
    : { find: SOP_CLASS.studyRootFind, move: SOP_CLASS.studyRootMove, get: SOP_CLASS.studyRootGet };
}

/** Transfer syntaxes that are proposed by name (PS3.5 §A). */
export const TRANSFER_SYNTAX = {
  implicitLittleEndian: '1.2.840.10008.1.2',
  explicitLittleEndian: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  explicitBigEndian: '1.2.840.10008.1.2.2',
  jpegBaseline: '1.2.840.10008.1.2.4.50',
  jpegExtended: '1.2.840.10008.1.2.4.51',
  jpegLossless: '1.2.840.10008.1.2.4.57',
  jpegLosslessSV1: '1.2.840.10008.1.2.4.70',
  jpegLSLossless: '1.2.840.10008.1.2.4.80',
  jpegLSNearLossless: '1.2.840.10008.1.2.4.81',
  jpeg2000Lossless: '1.2.840.10008.1.2.4.90',
  jpeg2000: '1.2.840.10008.1.2.4.91',
  mpeg2Main: '1.2.840.10008.1.2.4.100',
  mpeg4AVCHigh: '1.2.840.10008.1.2.4.102',
  htj2kLossless: '1.2.840.10008.1.2.4.201',
  rleLossless: '1.2.840.10008.1.2.5',
} as const;

/** The two every peer knows, best first. */
export const UNCOMPRESSED: readonly string[] = [
  TRANSFER_SYNTAX.explicitLittleEndian,
  TRANSFER_SYNTAX.implicitLittleEndian,
];

const STANDARD_ROOT = '1.2.840.10008.';
/** Storage classes outside the root that all others share: hanging protocols, colour palettes, implant templates … */
const otherStorageClasses = new Set(STORAGE_SOP_CLASS_UIDS);

/**
 * True for SOP classes whose instances can be stored (PS3.4 §B.5), and for private ones: modalities store raw data by them, and their
 * bytes need not be understood to be passed on.
 */
export function isStorageClass(uid: string): boolean {
  return uid.startsWith('1.2.840.10008.5.1.4.1.1.') || otherStorageClasses.has(uid) || !uid.startsWith(STANDARD_ROOT);
}

/** True for transfer syntaxes of the standard. Their data sets pass through unread, so none needs to be understood. */
export function isStandardTransferSyntax(uid: string): boolean {
  return uid === TRANSFER_SYNTAX.implicitLittleEndian || uid.startsWith('1.2.840.10008.1.2.');
}
