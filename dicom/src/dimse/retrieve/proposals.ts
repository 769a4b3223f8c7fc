import { MAX_CONTEXTS } from '../association/negotiation.ts';
import type { PresentationContextProposal } from '../types.ts';
import { TRANSFER_SYNTAX as TS, UNCOMPRESSED } from '../uids.ts';

/** Most frequent first; each gets a context of its own as far as the 128 reach, the rest share one. */
const COMPRESSED: readonly string[] = [
  TS.jpegLosslessSV1,
  TS.jpegBaseline,
  TS.jpeg2000Lossless,
  TS.jpeg2000,
  TS.rleLossless,
  TS.jpegLSLossless,
  TS.jpegExtended,
  TS.jpegLossless,
  TS.jpegLSNearLossless,
  TS.mpeg2Main,
  TS.mpeg4AVCHigh,
  TS.htj2kLossless,
  TS.deflated,
  TS.explicitBigEndian,
];

const STORAGE = '1.2.840.10008.5.1.4.1.1.';
/** Images of everyday work, proposed when nothing is known of a study (PS3.4 §B.5). */
const IMAGES: readonly string[] = [
  '2', // CT
  '4', // MR
  '1', // CR
  '1.1', // DX for presentation
  '1.2', // MG for presentation
  '1.3', // intra-oral
  '2.1', // enhanced CT
  '4.1', // enhanced MR
  '6.1', // US
  '3.1', // US multi-frame
  '7', // secondary capture
  '7.4', // multi-frame true colour secondary capture
  '12.1', // XA
  '12.2', // XRF
  '128', // PET
  '20', // NM
  '13.1.3', // breast tomosynthesis
  '77.1.4', // photography
].map((end) => STORAGE + end);

/** Objects without compressible pixels, and rarer ones: uncompressed only. */
const PLAIN: readonly string[] = [
  '1.1.1', // DX for processing
  '1.2.1', // MG for processing
  '1.3.1', // intra-oral for processing
  '4.2', // MR spectroscopy
  '7.1', // multi-frame single bit secondary capture
  '7.2', // multi-frame grayscale byte secondary capture
  '7.3', // multi-frame grayscale word secondary capture
  '9.1.1', // 12-lead ECG
  '9.1.2', // general ECG
  '11.1', // grayscale presentation state
  '11.2', // colour presentation state
  '12.1.1', // enhanced XA
  '30', // parametric map
  '66', // raw data
  '66.1', // spatial registration
  '66.3', // deformable registration
  '66.4', // segmentation
  '77.1.5.1', // ophthalmic photography 8 bit
  '77.1.5.4', // ophthalmic tomography
  '88.11', // basic text SR
  '88.22', // enhanced SR
  '88.33', // comprehensive SR
  '88.34', // comprehensive 3D SR
  '88.50', // mammography CAD SR
  '88.59', // key object selection
  '88.67', // X-ray dose SR
  '104.1', // encapsulated PDF
  '104.2', // encapsulated CDA
  '130', // enhanced PET
  '481.1', // RT image
  '481.2', // RT dose
  '481.3', // RT structure set
  '481.5', // RT plan
  '481.8', // RT ion plan
].map((end) => STORAGE + end);
const plain = new Set(PLAIN);

/**
 * Proposals for receiving instances on our own association (C-GET), SCP role: one context per SOP class and transfer syntax as far
 * as 127 contexts reach (one is left for the C-GET itself), so that nothing needs to be transcoded by the peer.
 * @param sopClassUIDs - what the study has, best known from a C-FIND; empty: the usual ones.
 */
export function storageProposals(sopClassUIDs: readonly string[] = []): PresentationContextProposal[] {
  const classes = [...new Set(sopClassUIDs.length > 0 ? sopClassUIDs : [...IMAGES, ...PLAIN])].slice(
    0,
    MAX_CONTEXTS - 1,
  );
  const images = classes.filter((uid) => !plain.has(uid));
  const perImage = Math.max(
    1,
    Math.floor((MAX_CONTEXTS - 1 - (classes.length - images.length)) / Math.max(1, images.length)),
  );
  const groups = transferSyntaxGroups(perImage);
  return classes.flatMap((abstractSyntax) =>
    (plain.has(abstractSyntax) ? [UNCOMPRESSED] : groups).map((transferSyntaxes) => ({
      abstractSyntax,
      transferSyntaxes,
      scpRole: true,
    })),
  );
}

/** All transfer syntaxes in at most `count` groups; the last takes what is left. */
function transferSyntaxGroups(count: number): readonly (readonly string[])[] {
  const single = [...UNCOMPRESSED, ...COMPRESSED].map((uid) => [uid]);
  if (count >= single.length) return single;
  if (count === 1) return [[...UNCOMPRESSED, ...COMPRESSED]];
  const own = count - 2;
  return [UNCOMPRESSED, ...COMPRESSED.slice(0, own).map((uid) => [uid]), COMPRESSED.slice(own)];
}
