/** DICOM files and data sets, byte-exact (PS3.5, PS3.10). */
export { MAX_INFLATED_BYTES, decodeDataSet } from './decode.ts';
export { type DataElement, type DataSet, dataSetOf } from './elements.ts';
export { encodeDataSet } from './encode.ts';
export { Part10Error, type Part10Reason } from './errors.ts';
export {
  type FileMeta,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  type Part10File,
  decodeFileMeta,
  encodeFileMeta,
  readFileMeta,
} from './fileMeta.ts';
export {
  DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
  EXPLICIT_VR_BIG_ENDIAN,
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
  type TransferSyntax,
  isBigEndian,
  isDeflated,
  isEncapsulated,
  isExplicit,
  isKnownTransferSyntax,
  transferSyntaxOf,
} from './transferSyntaxes.ts';
