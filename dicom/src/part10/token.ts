import type { ElementHeader, Encoding } from './elementHeader.ts';

/** One thing that stands in a data set, in the order of the bytes. All offsets in bytes from the beginning of the source. */
export type Token =
  /** An element with a value of defined length that holds no items. */
  | {
      readonly kind: 'value';
      readonly header: ElementHeader;
      readonly depth: number;
      readonly end: number;
      /** Whether numbers in it are written with the highest byte first. */
      readonly isBigEndian: boolean;
    }
  /** A sequence, or encapsulated data, begins. */
  | {
      readonly kind: 'open';
      readonly header: ElementHeader;
      readonly depth: number;
      readonly content: 'items' | 'fragments';
      /** How the elements of the items are written. */
      readonly itemEncoding: Encoding;
    }
  /** An item of a sequence begins. `length` may be UNDEFINED_LENGTH. */
  | { readonly kind: 'item'; readonly start: number; readonly valueStart: number; readonly length: number }
  /** A fragment of encapsulated data; the first one is the Basic Offset Table (PS3.5 §A.4). */
  | { readonly kind: 'fragment'; readonly start: number; readonly valueStart: number; readonly end: number }
  /** An item ends; `end` is behind its delimiter, if it has one. */
  | { readonly kind: 'item-end'; readonly valueEnd: number; readonly end: number }
  /** A sequence or encapsulated data ends; `end` is behind its delimiter, if it has one. */
  | { readonly kind: 'close'; readonly valueEnd: number; readonly end: number }
  /** Bytes that belong to no element: zeros behind the data set, a delimiter at the end of a defined length. */
  | { readonly kind: 'filler'; readonly start: number; readonly end: number }
  /** Nothing follows. */
  | { readonly kind: 'end' };
