import { type Tag, keywordOf, tagOf } from '@viaduct/dicom/dictionary';
import { remapUid } from './keyed.ts';

/** UIDs that name kinds of things, never a patient's (PS3.15 §E.3.9 leaves them). */
const KINDS: ReadonlySet<Tag> = new Set(
  [
    'CodingSchemeUID',
    'ContextUID',
    'MappingResourceUID',
    'ContextGroupExtensionCreatorUID',
    'TransferSyntaxUID',
    'AvailableTransferSyntaxUID',
    'EncryptedContentTransferSyntaxUID',
    'MACCalculationTransferSyntaxUID',
  ].map(tagOf),
);
/** The cache is emptied at this many UIDs: a task of any size takes little memory. */
const CACHED_UIDS = 20_000;

/** How a UID looks (PS3.5 §9.1); leading zeros are let through. */
export const UID = /^(?=.{1,64}$)\d+(\.\d+)*$/;

/** Whether a UI attribute names a class or coding scheme, so that its value stays even when it is private. */
export function namesKind(tag: Tag): boolean {
  return KINDS.has(tag) || (keywordOf(tag)?.endsWith('ClassUID') ?? false);
}

/** Remaps UIDs with the project's key; remembers what it made, since the same few return in every instance. */
export function uidMapper(projectKey: Uint8Array): (uid: string) => string {
  const known = new Map<string, string>();
  return (uid) => {
    const remembered = known.get(uid);
    if (remembered !== undefined) return remembered;
    const made = remapUid(projectKey, uid);
    if (known.size >= CACHED_UIDS) known.clear();
    known.set(uid, made);
    return made;
  };
}
