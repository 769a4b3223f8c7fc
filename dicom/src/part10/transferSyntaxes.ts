import { registeredUid } from '../dictionary/index.ts';

/** How a data set is written in bytes (PS3.5 §10 and Annex A). */
export interface TransferSyntax {
  readonly uid: string;
  readonly explicit: boolean;
  readonly bigEndian: boolean;
  readonly deflated: boolean;
  /** Pixel data comes in fragments (PS3.5 §A.4). */
  readonly encapsulated: boolean;
}

/** UIDs of the transfer syntaxes that code names. */
export const IMPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2';
export const EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
export const DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = '1.2.840.10008.1.2.1.99';
export const EXPLICIT_VR_BIG_ENDIAN = '1.2.840.10008.1.2.2';
/** Data set in implicit little endian, only the pixel data is big endian. */
const GE_PRIVATE_IMPLICIT = '1.2.840.113619.5.2';

const JPIP_DEFLATED = ['1.2.840.10008.1.2.4.95', '1.2.840.10008.1.2.4.205'];
const NATIVE: Readonly<Record<string, Partial<TransferSyntax>>> = {
  [IMPLICIT_VR_LITTLE_ENDIAN]: { explicit: false },
  '1.2.840.10008.1.20': { explicit: false },
  [GE_PRIVATE_IMPLICIT]: { explicit: false },
  [EXPLICIT_VR_LITTLE_ENDIAN]: {},
  [DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN]: { deflated: true },
  [EXPLICIT_VR_BIG_ENDIAN]: { bigEndian: true },
  '1.2.840.10008.1.2.4.94': {},
  '1.2.840.10008.1.2.4.204': {},
};

/** Describes a transfer syntax. Every UID that is not listed as native is explicit little endian with encapsulated pixel data (PS3.5 §A.4). */
export function transferSyntaxOf(uid: string): TransferSyntax {
  const common = { uid, explicit: true, bigEndian: false, deflated: false };
  if (JPIP_DEFLATED.includes(uid)) return { ...common, deflated: true, encapsulated: false };
  const native = NATIVE[uid];
  return native === undefined ? { ...common, encapsulated: true } : { ...common, encapsulated: false, ...native };
}

/** Whether the UID is a transfer syntax of PS3.6, so that software other than its vendor's can read it. */
export function isKnownTransferSyntax(uid: string): boolean {
  return registeredUid(uid)?.type === 'Transfer Syntax';
}
/** Whether VRs are written in the data set (PS3.5 §7.1.2). */
export function isExplicit(uid: string): boolean {
  return transferSyntaxOf(uid).explicit;
}
/** Whether numbers are written with the highest byte first (retired, PS3.5-2016 §A.3). */
export function isBigEndian(uid: string): boolean {
  return transferSyntaxOf(uid).bigEndian;
}
/** Whether the whole data set is deflated (PS3.5 §A.5). */
export function isDeflated(uid: string): boolean {
  return transferSyntaxOf(uid).deflated;
}
/** Whether pixel data is encapsulated (PS3.5 §A.4). */
export function isEncapsulated(uid: string): boolean {
  return transferSyntaxOf(uid).encapsulated;
}
