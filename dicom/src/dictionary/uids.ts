import uids from './generated/uids.json' with { type: 'json' };

/** An entry of the registry of unique identifiers (PS3.6 Annex A). */
export interface RegisteredUid {
  readonly uid: string;
  readonly keyword: string;
  /** `SOP Class`, `Transfer Syntax`, `Coding Scheme`, … */
  readonly type: string;
  readonly name: string;
}

const registry = new Map(
  uids.rows.map((row): [string, RegisteredUid] => {
    const [uid = '', keyword = '', type = '', name = ''] = row.split('\t');
    return [uid, { uid, keyword, type, name }];
  }),
);

/** The registry's entry of a UID, undefined for instance UIDs and private ones. */
export function registeredUid(uid: string): RegisteredUid | undefined {
  return registry.get(uid);
}

/** All SOP classes that a storage SCP can be asked to store, as UIDs (PS3.4 Annex B). */
export const STORAGE_SOP_CLASS_UIDS: readonly string[] = [...registry.values()]
  .filter(
    ({ type, keyword }) =>
      type === 'SOP Class' && keyword.endsWith('Storage') && keyword !== 'MediaStorageDirectoryStorage',
  )
  .map(({ uid }) => uid);
