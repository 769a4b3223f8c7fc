import { tagOf } from '@viaduct/dicom/dictionary';
import type { DataSetFacts } from '@viaduct/dicom/part10';

const BURNED_IN_ANNOTATION = tagOf('BurnedInAnnotation');
const MODALITY = tagOf('Modality');
const SOP_CLASS_UID = tagOf('SOPClassUID');
const IMAGE_TYPE = tagOf('ImageType');
const CONVERSION_TYPE = tagOf('ConversionType');
const PIXEL_DATA = tagOf('PixelData');
/** Ultrasound, captures, fluoroscopy, endoscopy and photographs, whose devices write names into pictures. */
const MODALITIES = new Set(['US', 'IVUS', 'SC', 'OT', 'XA', 'RF', 'ES', 'XC', 'OP', 'GM', 'DG', 'DOC']);
/** Secondary Capture and its multi-frame forms. */
const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';
/** Ultrasound Image and Multi-frame Image Storage, the retired ones too. */
const ULTRASOUND = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.(3|3\.1|6|6\.1)$/;
/** Workstation, digitised film, scanned document, digital interface (PS3.3 §C.8.6.1). */
const CONVERSIONS = new Set(['WSD', 'DF', 'SD', 'DI', 'SI', 'DV']);
const CAPTURED = /^SECONDARY$|SCREEN|CAPTURE|REPORT|DOSE/;
/** Attributes that only captures have; where an image calls itself an original they are left over from something else. */
const CAPTURE_ATTRIBUTES = ['DateOfSecondaryCapture', 'SecondaryCaptureDeviceManufacturer'].map(tagOf);

/** Why pixels may show who the patient is. */
export type PixelRisk =
  'burned-in-annotation' | 'modality' | 'sop-class' | 'image-type' | 'conversion-type' | 'capture';

/** Why the pixels may show who the patient is (deliberately too often rather than too seldom); nothing without pixels. */
export function pixelRisks(facts: DataSetFacts): readonly PixelRisk[] {
  if (!facts.has(PIXEL_DATA)) return [];
  const any = (tag: number, isRisk: (value: string) => boolean): boolean => facts.text(tag).some(isRisk);
  const [pixels, examination] = facts.text(IMAGE_TYPE);
  const isOriginal = pixels === 'ORIGINAL' && examination === 'PRIMARY';
  const found: readonly (readonly [PixelRisk, boolean])[] = [
    ['burned-in-annotation', any(BURNED_IN_ANNOTATION, (value) => value !== 'NO')],
    ['modality', any(MODALITY, (value) => MODALITIES.has(value))],
    [
      'sop-class',
      any(
        SOP_CLASS_UID,
        (uid) => uid === SECONDARY_CAPTURE || uid.startsWith(`${SECONDARY_CAPTURE}.`) || ULTRASOUND.test(uid),
      ),
    ],
    ['image-type', any(IMAGE_TYPE, (value) => CAPTURED.test(value))],
    ['conversion-type', any(CONVERSION_TYPE, (value) => CONVERSIONS.has(value))],
    ['capture', !isOriginal && CAPTURE_ATTRIBUTES.some((tag) => facts.has(tag))],
  ];
  return found.flatMap(([risk, isFound]) => (isFound ? [risk] : []));
}
