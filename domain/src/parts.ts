/** What the planner knows of an instance that has to be fetched. */
export interface PlannableInstance {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly modality: string;
  /** Size of the data set when it is known (it was fetched before), else null. */
  readonly bytes: number | null;
}

/** A slice of a task: whole series, as far as they are still to be fetched. */
export interface PlannedSlice {
  readonly sopInstanceUids: readonly string[];
  /** Sum of known and typical sizes, in bytes: what the spool has to have room for. */
  readonly bytes: number;
}

/** Upper bounds of a part; only a single series may be above them. */
export interface PartLimits {
  readonly maxInstances: number;
  readonly maxBytes: number;
}

/** A part is large enough to keep an association busy and small enough to be fetched again. */
export const PART_LIMITS: PartLimits = { maxInstances: 500, maxBytes: 1024 ** 3 };

const KIB = 1024;
const MIB = 1024 * KIB;
/** Typical size of one uncompressed instance by Modality (0008,0060). */
const TYPICAL_BYTES: Readonly<Record<string, number>> = {
  CR: 10 * MIB,
  DX: 16 * MIB,
  IO: 2 * MIB,
  MG: 50 * MIB,
  NM: 2 * MIB,
  OT: 4 * MIB,
  PX: 8 * MIB,
  RF: 16 * MIB,
  SM: 50 * MIB,
  US: 8 * MIB,
  XA: 32 * MIB,
  XC: 8 * MIB,
};
const USUAL_BYTES = 600 * KIB;

/** Typical size in bytes of an instance of a modality, for planning only. */
export function typicalBytes(modality: string): number {
  return TYPICAL_BYTES[modality] ?? USUAL_BYTES;
}

/**
 * Groups instances into parts of whole series, in the order in which their series first appear. All fits one part
 * where it can (one STUDY-level request); otherwise series are put together up to the limits. A series above the
 * limits is a part of its own, since every server can be asked for a series.
 */
export function planParts(
  instances: readonly PlannableInstance[],
  limits: PartLimits = PART_LIMITS,
): readonly PlannedSlice[] {
  const parts: Slice[] = [];
  for (const series of seriesOf(instances)) {
    const last = parts.at(-1);
    if (last && fits(last, series, limits)) join(last, series);
    else parts.push(series);
  }
  return parts;
}

interface Slice {
  readonly sopInstanceUids: string[];
  bytes: number;
}

function seriesOf(instances: readonly PlannableInstance[]): Iterable<Slice> {
  const series = new Map<string, Slice>();
  for (const { sopInstanceUid, seriesInstanceUid, modality, bytes } of instances) {
    let slice = series.get(seriesInstanceUid);
    if (!slice) series.set(seriesInstanceUid, (slice = { sopInstanceUids: [], bytes: 0 }));
    slice.sopInstanceUids.push(sopInstanceUid);
    slice.bytes += bytes ?? typicalBytes(modality);
  }
  return series.values();
}

function fits(part: Slice, more: Slice, { maxInstances, maxBytes }: PartLimits): boolean {
  return (
    part.sopInstanceUids.length + more.sopInstanceUids.length <= maxInstances && part.bytes + more.bytes <= maxBytes
  );
}

function join(part: Slice, more: Slice): void {
  for (const uid of more.sopInstanceUids) part.sopInstanceUids.push(uid);
  part.bytes += more.bytes;
}
