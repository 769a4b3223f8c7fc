import { createHash } from 'node:crypto';
import { tagOf } from '@viaduct/dicom/dictionary';
import {
  type DataElement,
  EXPLICIT_VR_BIG_ENDIAN,
  EXPLICIT_VR_LITTLE_ENDIAN,
  IMPLICIT_VR_LITTLE_ENDIAN,
  encodeDataSet,
  encodeFileMeta,
  textElement,
  uint16Element,
} from '@viaduct/dicom/part10';
import type { Check, Place, PlantedFile } from './key.ts';
import type { Persona } from './persona.ts';
import * as places from './places.ts';

const STORAGE = '1.2.840.10008.5.1.4.1.1.';
const SIDE = 16;

/** The objects of a study: what each is, how it is written, and where identity hides in it. */
const OBJECTS: readonly {
  readonly name: string;
  readonly sopClassUID: string;
  readonly modality: string;
  readonly transferSyntaxUID: string;
  readonly hasPixels: boolean;
  readonly hides: readonly ((persona: Persona) => Place)[];
}[] = [
  {
    name: 'ct',
    sopClassUID: `${STORAGE}2`,
    modality: 'CT',
    transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
    hasPixels: true,
    hides: [places.descriptions, places.wrongPlaces, places.privates, places.groups],
  },
  {
    name: 'mr',
    sopClassUID: `${STORAGE}4.1`,
    modality: 'MR',
    transferSyntaxUID: IMPLICIT_VR_LITTLE_ENDIAN,
    hasPixels: true,
    hides: [places.descriptions, places.nested],
  },
  {
    name: 'pt',
    sopClassUID: `${STORAGE}128`,
    modality: 'PT',
    transferSyntaxUID: EXPLICIT_VR_BIG_ENDIAN,
    hasPixels: true,
    hides: [places.wrongPlaces, places.nested, places.groups],
  },
  {
    name: 'sr',
    sopClassUID: `${STORAGE}88.33`,
    modality: 'SR',
    transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
    hasPixels: false,
    hides: [places.reportContent, places.nested],
  },
  {
    name: 'rt',
    sopClassUID: `${STORAGE}481.3`,
    modality: 'RTSTRUCT',
    transferSyntaxUID: IMPLICIT_VR_LITTLE_ENDIAN,
    hasPixels: false,
    hides: [places.labels, places.descriptions],
  },
  {
    name: 'pdf',
    sopClassUID: `${STORAGE}104.1`,
    modality: 'OT',
    transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
    hasPixels: false,
    hides: [places.documents],
  },
];

function pixels(): DataElement[] {
  const value = Buffer.from(Array.from({ length: SIDE * SIDE }, (_, at) => at & 0xff));
  const numbers: readonly (readonly [string, number])[] = [
    ['SamplesPerPixel', 1],
    ['Rows', SIDE],
    ['Columns', SIDE],
    ['BitsAllocated', 8],
    ['BitsStored', 8],
    ['HighBit', 7],
    ['PixelRepresentation', 0],
  ];
  return [
    ...numbers.map(([keyword, number]) => uint16Element(tagOf(keyword), number)),
    textElement(tagOf('PhotometricInterpretation'), 'MONOCHROME2'),
    { tag: tagOf('PixelData'), vr: 'OW', value },
  ];
}

/** The study of a persona: one file per kind of object, each with its answer key. */
export function plantedStudy(persona: Persona): PlantedFile[] {
  return OBJECTS.map(({ name, sopClassUID, modality, transferSyntaxUID, hasPixels, hides }) => {
    const planted = [places.tableRows, places.dates, ...hides].map((place) => place(persona));
    const chain = places.uids(persona, name);
    const elements = [
      textElement(tagOf('SpecificCharacterSet'), persona.characterSet),
      textElement(tagOf('SOPClassUID'), sopClassUID),
      textElement(tagOf('Modality'), modality),
      textElement(tagOf('ImageType'), ['ORIGINAL', 'PRIMARY']),
      ...[...planted, chain].flatMap((place) => place.elements),
      ...(hasPixels ? pixels() : []),
    ];
    const once = new Map(elements.map((element) => [element.tag, element]));
    const meta = encodeFileMeta({ sopClassUID, sopInstanceUID: persona.uid(`instance ${name}`), transferSyntaxUID });
    meta.write(persona.patientId, 0, 'latin1');
    const bulk = hasPixels ? (once.get(tagOf('PixelData'))?.value ?? Buffer.alloc(0)) : undefined;
    const untouched: Check[] = bulk
      ? [
          {
            kind: 'pixels',
            category: 'retention',
            place: 'pixels',
            value: createHash('sha256').update(bulk).digest('hex'),
          },
        ]
      : [];
    return {
      name: `${name}.dcm`,
      bytes: Buffer.concat([meta, encodeDataSet(once.values(), transferSyntaxUID)]),
      checks: [...planted, chain].flatMap((place) => place.checks).concat(untouched),
    };
  });
}
