/** DICOM files and data sets, byte-exact (PS3.5, PS3.10). */
export { decodeText, encodeText } from './charset.ts';
export { MAX_INFLATED_BYTES, decodeDataSet } from './decode.ts';
export { type DataElement, type DataSet, dataSetOf } from './elements.ts';
export { type Part10File, readFileMeta } from './beginning.ts';
export { type ReadElement, readAttributes } from './dataSetFile.ts';
export { type EditedFile, editFile, editedBytes, fileBytes } from './editFile.ts';
export { type FileRegion, MAX_HELD_BYTES } from './source.ts';
export type {
  DataSetFacts,
  Edit,
  Editor,
  EditorSource,
  ListFacts,
  Overwritten,
  PixelEdit,
  PixelPart,
  Recursion,
  Visit,
  VisitedElement,
} from './editor.ts';
export { encodeDataSet } from './encode.ts';
export { Part10Error, type Part10Reason } from './errors.ts';
export {
  type FileMeta,
  type FoundMeta,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
  decodeFileMeta,
  encodeFileMeta,
  uidText,
} from './fileMeta.ts';
export { withoutPadding, withoutTrailing } from './trailing.ts';
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
export { characterSetTerms, sequenceElement, splitText, textElement, textOf, uint16Element } from './text.ts';
export { type WalkOptions, type WalkedToken, walkFile, walkStream } from './walk.ts';
export type { Token } from './token.ts';
export { type ElementHeader, type Encoding, UNDEFINED_LENGTH } from './elementHeader.ts';
