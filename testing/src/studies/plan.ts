/** One attribute's value: text and numbers as the standard writes them, bytes as they are, items of a sequence. */
export type Value = string | number | Uint8Array | readonly (string | number)[] | readonly Attributes[];

/** Attributes by keyword of PS3.6; private ones as `gggg,eeee VR`, their creator included. */
export interface Attributes {
  readonly [keyword: string]: Value;
}

/** Pixel data: native (one piece) or encapsulated (one fragment per frame, PS3.5 §A.4). */
export type Pixels =
  | { readonly kind: 'native'; readonly vr: 'OB' | 'OW'; readonly bytes: Uint8Array }
  | { readonly kind: 'encapsulated'; readonly frames: readonly Uint8Array[] };

/** One instance of the plan. Its UID is derived from `label`, which other instances use to refer to it. */
export interface InstancePlan {
  readonly label: string;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  readonly attributes: Attributes;
  readonly pixels?: Pixels;
}

export interface SeriesPlan {
  readonly label: string;
  readonly number: number;
  readonly modality: string;
  readonly description: string;
  readonly attributes?: Attributes;
  /** Made one after the other when they are written, so that only one is in memory. */
  readonly instances: () => Iterable<InstancePlan>;
}

export interface Patient {
  /** As written in PatientName, all component groups. */
  readonly name: string;
  readonly id: string;
  readonly issuer?: string;
  /** YYYYMMDD; empty when unknown. */
  readonly birthDate: string;
  readonly sex: 'F' | 'M' | 'O' | '';
  /** Specific Character Set (0008,0005), PS3.3 §C.12.1.1.2. */
  readonly characterSet: string | readonly string[];
  /** Name in letters A to Z for burned-in text. */
  readonly plainName: string;
}

export interface StudyPlan {
  readonly label: string;
  readonly patient: Patient;
  /** YYYYMMDD and HHMMSS. */
  readonly date: string;
  readonly time: string;
  readonly accessionNumber: string;
  readonly id: string;
  readonly description: string;
  readonly referringPhysician: string;
  readonly series: readonly SeriesPlan[];
}

/** Transfer syntaxes in which the generator writes. */
export const SYNTAX = {
  implicit: '1.2.840.10008.1.2',
  explicit: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  jpegLossless: '1.2.840.10008.1.2.4.70',
  rle: '1.2.840.10008.1.2.5',
} as const;

/** Storage SOP classes that the generator writes. */
export const SOP_CLASS = {
  ct: '1.2.840.10008.5.1.4.1.1.2',
  mr: '1.2.840.10008.5.1.4.1.1.4',
  cr: '1.2.840.10008.5.1.4.1.1.1',
  ultrasound: '1.2.840.10008.5.1.4.1.1.6.1',
  ultrasoundMultiFrame: '1.2.840.10008.5.1.4.1.1.3.1',
  secondaryCapture: '1.2.840.10008.5.1.4.1.1.7',
  basicTextReport: '1.2.840.10008.5.1.4.1.1.88.11',
  encapsulatedPdf: '1.2.840.10008.5.1.4.1.1.104.1',
} as const;
