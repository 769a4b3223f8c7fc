import { gateOf, jobGate, type Ends, type Gates } from './gates.ts';

/** Windows that are looked at in search of the end. */
const MOST_WINDOWS = 100;

/**
 * When work that takes so long ends if it goes on only while its gates are open (both ms since 1970). Undefined when it
 * does not within the next 100 windows.
 * @param ends the nodes it works between, when that is one pair for all of it
 */
export function endOf(gates: Gates, ends: Ends | undefined, now: number, workMs: number): number | undefined {
  let at = now;
  let left = workMs;
  for (let n = 0; n < MOST_WINDOWS; n++) {
    const gate = ends ? gateOf(gates, ends, at) : jobGate(gates, at);
    if (!gate.open) {
      if (gate.opensAt === null) return undefined;
      at = gate.opensAt;
      continue;
    }
    if (gate.closesAt === null || at + left <= gate.closesAt) return at + left;
    left -= gate.closesAt - at;
    at = gate.closesAt;
  }
  return undefined;
}

/** What an image of a modality (0008,0060) has without compression, bytes: rows × columns × samples, as it is usual. */
const TYPICAL_BYTES: Readonly<Record<string, number>> = {
  CT: 527_000,
  MR: 263_000,
  PT: 50_000,
  NM: 500_000,
  CR: 8_000_000,
  DX: 12_000_000,
  MG: 28_000_000,
  US: 1_500_000,
  XA: 15_000_000,
  RF: 4_000_000,
  OT: 1_500_000,
};

/** Bytes of a usual image of a study with these modalities; undefined when none of them has a usual size. */
export function typicalImageBytes(modalities: readonly string[]): number | undefined {
  const sizes = modalities.flatMap((modality) => TYPICAL_BYTES[modality] ?? []);
  return sizes.length > 0 ? sizes.reduce((sum, size) => sum + size, 0) / sizes.length : undefined;
}
