/** The registries of PS3.6: attributes (tag, keyword, VR) and unique identifiers. */
export {
  type Tag,
  elementOf,
  formatTag,
  groupOf,
  isPrivateCreator,
  isPrivateTag,
  keywordOf,
  mostValuesOf,
  tagOf,
  vrOf,
} from './tags.ts';
export { type RegisteredUid, STORAGE_SOP_CLASS_UIDS, registeredUid } from './uids.ts';
