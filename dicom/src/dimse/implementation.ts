/** How Viaduct names itself in negotiation (PS3.7 §D.3.3.2): as in the files it writes. */
export { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../part10/index.ts';

/** The P-DATA-TF length we ask peers to keep to, in bytes. */
export const MAX_LENGTH = 128 * 1024;
