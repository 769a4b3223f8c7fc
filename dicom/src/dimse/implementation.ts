/** How Viaduct names itself in negotiation and in file meta (PS3.7 §D.3.3.2). */
export const IMPLEMENTATION_CLASS_UID = '2.25.160404233116285410986318853562134215857';
/** At most 16 characters. */
export const IMPLEMENTATION_VERSION_NAME = 'VIADUCT_0_1';
/** The P-DATA-TF length we ask peers to keep to, in bytes. */
export const MAX_LENGTH = 128 * 1024;
