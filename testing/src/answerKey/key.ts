import type { DataElement } from '@viaduct/dicom/part10';

/** What a check is about: identity, the standard's rules, or what research needs. */
export type Category = 'identity' | 'standard' | 'retention';

/** One thing that must be true of what comes out. Paths are like those of DICOM JSON: `00081140[0].00081155`. */
export type Check = { readonly category: Category; readonly place: string } & (
  | { readonly kind: 'removed'; readonly tokens: readonly string[] }
  /** The value at the path is this one. */
  | { readonly kind: 'retained'; readonly path: string; readonly value: string }
  /** The text at the path still has these words. */
  | { readonly kind: 'words'; readonly path: string; readonly words: readonly string[] }
  /** The date at the path moved, by the same days as all others of the patient. */
  | { readonly kind: 'shifted'; readonly path: string; readonly value: string }
  /** The UID at the path is another, and the same wherever the original stood. */
  | { readonly kind: 'remapped'; readonly path: string; readonly value: string }
  | { readonly kind: 'absent' | 'empty' | 'present'; readonly path: string }
  /** Pixels are the same bytes. */
  | { readonly kind: 'pixels'; readonly value: string }
);

/** A kind of place where identity hides: the elements and what must become of them. */
export interface Place {
  readonly elements: readonly DataElement[];
  readonly checks: readonly Check[];
}

/** A file of the generator with its part of the answer key. */
export interface PlantedFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly checks: readonly Check[];
}
