import { createHash } from 'node:crypto';

/** A source of numbers that depends on its seed only. */
export interface Random {
  /** 0 ≤ number < 1. */
  next(): number;
  /** Integer, from ≤ number ≤ until. */
  integer(from: number, until: number): number;
}

/** Mulberry32: small, fast, good enough for noise. */
export function createRandom(seed: string): Random {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next, integer: (from, until) => from + Math.floor(next() * (until - from + 1)) };
}

/** A UID below 2.25 (PS3.5 §B.2) that depends on the label only: the same label gives the same UID. */
export function uidOf(label: string): string {
  const bytes = createHash('sha256').update(`viaduct:${label}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`)}`;
}
