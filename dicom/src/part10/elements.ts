import type { Tag } from '../dictionary/index.ts';

/** A data element in memory. */
export interface DataElement {
  readonly tag: Tag;
  readonly vr: string;
  /** Raw bytes, numbers in little endian. Empty for sequences and fragments. */
  readonly value: Buffer;
  /** Items of a sequence (VR SQ). */
  readonly items?: readonly DataSet[];
  /** Encapsulated pixel data: the Basic Offset Table (may be empty), then the fragments (PS3.5 §A.4). */
  readonly fragments?: readonly Buffer[];
}

/** Elements by tag. Iterates in the order in which they were put in. */
export type DataSet = ReadonlyMap<Tag, DataElement>;

/** A data set or item of these elements. */
export function dataSetOf(...elements: readonly DataElement[]): DataSet {
  return new Map(elements.map((element) => [element.tag, element]));
}
