declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** UUIDv7 of a job; appears in URLs and workflow ids. */
export type JobId = Branded<string, 'JobId'>;
/** UUIDv7 of a node. */
export type NodeId = Branded<string, 'NodeId'>;
/** Name of a worker host, kept in its spool folder so that a restarted worker takes up its own queues. */
export type HostId = Branded<string, 'HostId'>;
/** PS3.5 §9.1: at most 64 characters of digits and dots. */
export type Uid = Branded<string, 'Uid'>;

const UID = /^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/;

/** Whether a text is a well-formed unique identifier (PS3.5 §9.1). */
export function isUid(text: string): text is Uid {
  return text.length <= 64 && UID.test(text);
}
