import { MAX_CONTEXTS } from '../association/negotiation.ts';
import type { PresentationContextProposal } from '../types.ts';
import { TRANSFER_SYNTAX as TS, UNCOMPRESSED } from '../uids.ts';

/** Most frequent first; each gets a context of its own as far as the 128 reach, the rest share one. */
export const COMPRESSED: readonly string[] = [
  TS.jpegLosslessSV1,
  TS.jpegBaseline,
  TS.jpeg2000Lossless,
  TS.jpeg2000,
  TS.jpegLSLossless,
  TS.rleLossless,
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
const storageClasses = (...ends: readonly string[]) => ends.map((end) => STORAGE + end);

/** Images of everyday work (PS3.4 §B.5): CT, MR, CR, DX, MG, US, US multi-frame, secondary capture, XA, PET, NM. */
export const IMAGES = storageClasses('2', '4', '1', '1.1', '1.2', '6.1', '3.1', '7', '12.1', '128', '20');

/**
 * Rarer images: enhanced CT and MR, XRF, breast tomosynthesis, photography, multi-frame secondary captures, RT image, DX and MG for
 * processing, ophthalmic photography, enhanced PET.
 */
export const RARER_IMAGES = storageClasses(
  ...['2.1', '4.1', '12.2', '13.1.3', '77.1.4', '7.4', '7.2', '481.1', '1.1.1', '1.2.1', '77.1.5.1', '130'],
);

/**
 * Objects without pixels to compress: presentation state, key objects, reports, X-ray dose, PDF, RT dose, structures and plan, ECG,
 * raw data, registration, segmentation.
 */
const PLAIN = storageClasses(
  ...['11.1', '88.59', '88.11', '88.22', '88.33', '88.34', '88.67', '104.1', '481.2', '481.3', '481.5', '9.1.1'],
  ...['66', '66.1', '66.4'],
);
const plain = new Set(PLAIN);
/** Contexts that can be proposed beside the one of the C-GET itself. */
const BUDGET = MAX_CONTEXTS - 1;

/** Whether one association has a context for every transfer syntax of these SOP classes, beside the one of the C-GET itself. */
export function fitOneAssociation(sopClassUIDs: readonly string[]): boolean {
  const images = sopClassUIDs.filter((uid) => !plain.has(uid)).length;
  return images * (UNCOMPRESSED.length + COMPRESSED.length) + sopClassUIDs.length - images <= BUDGET;
}

/**
 * Proposals for receiving instances on our own association (C-GET), SCP role: one context per SOP class and transfer syntax as far
 * as 127 contexts reach (one is left for the C-GET itself), so that nothing needs to be transcoded by the peer. Where they do not
 * reach, the rarer transfer syntaxes of a class share one context, of which the peer chooses one.
 * @param sopClassUIDs - what the study has, best known from a C-FIND; empty: the usual ones.
 * @param andUsual - whether to propose the usual ones as well, where what is known may not be all.
 */
export function storageProposals(
  sopClassUIDs: readonly string[] = [],
  andUsual = false,
): PresentationContextProposal[] {
  const known = new Set(sopClassUIDs);
  const usual = andUsual && known.size > 0 ? [...IMAGES, ...RARER_IMAGES, ...PLAIN] : [];
  const given = [...new Set([...known, ...usual])].slice(0, BUDGET);
  const unknown = given.length === 0;
  const plainOnes = (unknown ? PLAIN : given).filter((uid) => plain.has(uid));
  const rarer = unknown ? RARER_IMAGES : [];
  const images = unknown ? IMAGES : given.filter((uid) => !plain.has(uid));
  const left = BUDGET - plainOnes.length - 2 * rarer.length;
  return [
    ...contextsFor(images, transferSyntaxGroups(Math.floor(left / Math.max(1, images.length)))),
    ...contextsFor(rarer, transferSyntaxGroups(2)),
    ...contextsFor(plainOnes, [UNCOMPRESSED]),
  ];
}

function contextsFor(
  sopClassUIDs: readonly string[],
  groups: readonly (readonly string[])[],
): PresentationContextProposal[] {
  return sopClassUIDs.flatMap((abstractSyntax) =>
    groups.map((transferSyntaxes) => ({ abstractSyntax, transferSyntaxes, scpRole: true })),
  );
}

/** All transfer syntaxes in at most `count` groups; the last takes what is left. */
function transferSyntaxGroups(count: number): readonly (readonly string[])[] {
  const single = [...UNCOMPRESSED, ...COMPRESSED].map((uid) => [uid]);
  if (count >= single.length) return single;
  if (count <= 1) return [[...UNCOMPRESSED, ...COMPRESSED]];
  const own = count - 2;
  return [UNCOMPRESSED, ...COMPRESSED.slice(0, own).map((uid) => [uid]), COMPRESSED.slice(own)];
}
