/** Highest bits of the warning statuses of the storage service (PS3.4 §B.2.3): B000, B006, B007. */
const WARNING = 0xb;

/** Whether a C-STORE status says that the destination holds the instance now. */
export function isStored(status: number): boolean {
  return status === 0 || status >> 12 === WARNING;
}

/** The state of the ledger for an acknowledged instance. A warning means that the destination changed something. */
export function storedState(status: number): { readonly to: 'stored' | 'coerced'; readonly storeStatus?: number } {
  return status === 0 ? { to: 'stored' } : { to: 'coerced', storeStatus: status };
}
