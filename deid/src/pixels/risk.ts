import { type Tag, elementOf, registeredUid, tagOf } from '@viaduct/dicom/dictionary';
import { type DataSetFacts, isEncapsulated } from '@viaduct/dicom/part10';
import { repeatingGroupOf } from '../table.ts';
import { compressionOf } from './compression.ts';

const BURNED_IN_ANNOTATION = tagOf('BurnedInAnnotation');
const SPECIMEN_LABEL_IN_IMAGE = tagOf('SpecimenLabelInImage');
const MODALITY = tagOf('Modality');
const SOP_CLASS_UID = tagOf('SOPClassUID');
const IMAGE_TYPE = tagOf('ImageType');
const CONVERSION_TYPE = tagOf('ConversionType');
const SAMPLES_PER_PIXEL = tagOf('SamplesPerPixel');
/** Floating point pixels are measurements: nothing is written in them. */
const PIXEL_DATA = tagOf('PixelData');
/** Ultrasound, captures, fluoroscopy, endoscopy and photographs, whose devices write names into pictures. */
const MODALITIES = new Set(['US', 'IVUS', 'SC', 'OT', 'XA', 'RF', 'ES', 'XC', 'OP', 'GM', 'DG', 'DOC']);
/** The same by SOP class (PS3.4 §B.5), for what names no modality or a wrong one: 3 and 6 ultrasound, 7 captures, 12 angiography, 77.1 photographs. */
const SOP_CLASSES = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.((3|6|7|12|77\.1\.[124])(\.\d+)*|77\.1\.5\.[12])$/;
/** Doses, segmentations, parametric maps: computed, no picture of anything. Only Burned In Annotation can say otherwise. */
const COMPUTED = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(481\.2|66\.[47]|30)$/;
/** Workstation, digitised film, scanned document, digital interface (PS3.3 §C.8.6.1). */
const CONVERSIONS = new Set(['WSD', 'DF', 'SD', 'DI', 'SI', 'DV']);
/** LABEL: of a slide (PS3.3 §C.8.12.4.1.1). */
const CAPTURED = /^SECONDARY$|SCREEN|CAPTURE|REPORT|DOSE|^LABEL$/;
/** Attributes that only captures have; where an image calls itself an original they are left over from something else. */
const CAPTURE_ATTRIBUTES = ['DateOfSecondaryCapture', 'SecondaryCaptureDeviceManufacturer'].map(tagOf);
/** Their scanners measure one value for each pixel: what has colours is a picture of a screen. */
const GREY = new Set(['CT', 'MR', 'PT', 'NM', 'CR', 'DX', 'MG']);

/** Why pixels may show who the patient is. */
export type PixelRisk =
  | 'burned-in-annotation'
  | 'modality'
  | 'sop-class'
  | 'image-type'
  | 'conversion-type'
  | 'capture'
  /** Graphics are drawn into unused bits of the pixels. */
  | 'overlay'
  /** Nobody here can look into the compressed frames. */
  | 'compression';

/** (60xx,0102): the bit of the pixels that an overlay without data of its own is in, from 1 on (PS3.3 §C.9.2, retired). */
const OVERLAY_BIT_POSITION = 0x0102;

function isInPixels(tag: Tag, facts: DataSetFacts): boolean {
  const isPosition = repeatingGroupOf(tag) === 'overlay' && elementOf(tag) === OVERLAY_BIT_POSITION;
  return isPosition && facts.numbers(tag)[0] !== 0;
}

/** Why the pixels may show who the patient is (deliberately too often rather than too seldom); nothing without pixels. */
export function pixelRisks(facts: DataSetFacts): readonly PixelRisk[] {
  if (!facts.has(PIXEL_DATA)) return [];
  const any = (tag: number, isRisk: (value: string) => boolean): boolean => facts.text(tag).some(isRisk);
  const isSaid = [BURNED_IN_ANNOTATION, SPECIMEN_LABEL_IN_IMAGE].some((tag) => any(tag, (value) => value !== 'NO'));
  const isComputed = any(SOP_CLASS_UID, (uid) => COMPUTED.test(uid));
  const [pixels, examination] = facts.text(IMAGE_TYPE);
  const isOriginal = pixels === 'ORIGINAL' && examination === 'PRIMARY';
  const isColoured = facts.numbers(SAMPLES_PER_PIXEL)[0] === 3 && any(MODALITY, (value) => GREY.has(value));
  const found: readonly (readonly [PixelRisk, boolean])[] = [
    ['burned-in-annotation', isSaid],
    ['modality', !isComputed && any(MODALITY, (value) => MODALITIES.has(value))],
    ['sop-class', any(SOP_CLASS_UID, (uid) => SOP_CLASSES.test(uid) || registeredUid(uid) === undefined)],
    ['image-type', !isComputed && any(IMAGE_TYPE, (value) => CAPTURED.test(value))],
    ['conversion-type', !isComputed && any(CONVERSION_TYPE, (value) => CONVERSIONS.has(value))],
    ['capture', !isComputed && (isColoured || (!isOriginal && CAPTURE_ATTRIBUTES.some((tag) => facts.has(tag))))],
    ['overlay', facts.tags.some((tag) => isInPixels(tag, facts))],
    ['compression', isEncapsulated(facts.transferSyntaxUID) && compressionOf(facts.transferSyntaxUID) === undefined],
  ];
  return found.flatMap(([risk, isFound]) => (isFound ? [risk] : []));
}
