import { keywordOf } from '../dictionary/index.ts';
import { Part10Error } from './errors.ts';
import { type FileMeta, uidText } from './fileMeta.ts';
import { Scanner } from './scanner.ts';
import {
  EXPLICIT_VR_BIG_ENDIAN,
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
  transferSyntaxOf,
} from './transferSyntaxes.ts';
import { isKnownVr } from './valueRepresentations.ts';

/** Data sets begin in one of these groups: directories, identification, patient. */
const FIRST_GROUPS = new Set([0x0004, 0x0008, 0x0010]);
/** Fewer elements than this prove nothing, unless they are all. */
const MIN_ELEMENTS = 3;
const SOP_CLASS_UID = 0x00080016;
const SOP_INSTANCE_UID = 0x00080018;

/**
 * What a data set without file meta information says of itself: the one uncompressed transfer syntax in which its first bytes are
 * elements in ascending order. Compressed ones are taken for explicit little endian, as whose their elements are written.
 * @param size - offset behind the last byte; Infinity while that is not known
 */
export function guessMeta(bytes: Buffer, dataSetOffset: number, size: number): FileMeta | undefined {
  for (const uid of [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN]) {
    const meta = metaIn(bytes, dataSetOffset, size, uid);
    if (meta !== undefined) return meta;
  }
  return undefined;
}

function metaIn(bytes: Buffer, dataSetOffset: number, size: number, transferSyntaxUID: string): FileMeta | undefined {
  const scanner = new Scanner({ at: dataSetOffset, encoding: transferSyntaxOf(transferSyntaxUID) }, size);
  let last = -1;
  let count = 0;
  let isWhole = false;
  let startsAsUsual = false;
  const uids = new Map<number, string>();
  try {
    for (let token = scanner.next(bytes, 0); token !== undefined; token = scanner.next(bytes, 0)) {
      if (token.kind === 'end') {
        isWhole = true;
        break;
      }
      if ((token.kind !== 'value' && token.kind !== 'open') || token.depth > 0) continue;
      const { tag, writtenVr, valueStart } = token.header;
      if (tag <= last || (writtenVr !== '' && !isKnownVr(writtenVr))) return undefined;
      if (last === -1) startsAsUsual = FIRST_GROUPS.has(tag >>> 16) && keywordOf(tag) !== undefined;
      last = tag;
      count += 1;
      if (token.kind === 'value' && token.end <= bytes.length) {
        if (tag === SOP_CLASS_UID || tag === SOP_INSTANCE_UID)
          uids.set(tag, uidText(bytes.subarray(valueStart, token.end)));
      }
    }
  } catch (error) {
    if (!(error instanceof Part10Error)) throw error;
    if (error.reason !== 'truncated') return undefined;
  }
  if (count === 0 || (!isWhole && (count < MIN_ELEMENTS || !startsAsUsual))) return undefined;
  const sopClassUID = uids.get(SOP_CLASS_UID) ?? '';
  return { sopClassUID, sopInstanceUID: uids.get(SOP_INSTANCE_UID) ?? '', transferSyntaxUID };
}
