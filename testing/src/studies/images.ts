import { drawText } from './glyphs.ts';
import { chestProjection, chestSlice, drawEllipses, headSlice, ultrasoundFrame, type Frame } from './phantom.ts';
import { encodeColour, encodeImage, type Compression } from './pixels.ts';
import { SOP_CLASS, type Attributes, type InstancePlan, type Patient, type SeriesPlan } from './plan.ts';
import { uidOf } from './random.ts';

/** A reference to one instance, as an item of Referenced Image Sequence and the like. */
export function reference(sopClassUID: string, label: string): Attributes {
  return { ReferencedSOPClassUID: sopClassUID, ReferencedSOPInstanceUID: uidOf(label) };
}

/** A code as an item of a code sequence (PS3.3 §8.8). */
export function code(value: string, scheme: string, meaning: string): Attributes {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning };
}

interface StackOptions {
  readonly label: string;
  readonly number: number;
  readonly description: string;
  readonly slices: number;
  readonly compression: Compression;
}

/** Image Plane module of a slice (PS3.3 §C.7.6.2), lengths in mm. */
function plane(size: number, fieldOfView: number, thickness: number, index: number): Attributes {
  const spacing = (fieldOfView / size).toFixed(6);
  return {
    PixelSpacing: [spacing, spacing],
    ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'],
    ImagePositionPatient: [`${-fieldOfView / 2}`, `${-fieldOfView / 2}`, (index * thickness).toFixed(2)],
    SliceThickness: `${thickness}.0`,
    SliceLocation: (index * thickness).toFixed(2),
  };
}

/** A CT of the chest with private attributes; every slice refers to the first and the one before. */
export function ctSeries(options: StackOptions & { readonly patient: Patient; readonly size?: number }): SeriesPlan {
  const size = options.size ?? 512;
  const instance = (index: number): InstancePlan => {
    const image = encodeImage([chestSlice(size, index / options.slices, index)], 12, options.compression);
    const label = `${options.label}/${index}`;
    return {
      label,
      sopClassUID: SOP_CLASS.ct,
      transferSyntaxUID: image.transferSyntaxUID,
      pixels: image.pixels,
      attributes: {
        ...image.attributes,
        ...plane(size, 360, 2, index),
        ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
        InstanceNumber: index + 1,
        AcquisitionNumber: 1,
        KVP: '120.0',
        XRayTubeCurrent: 180 + (index % 40),
        ExposureTime: 500,
        ConvolutionKernel: 'B31f',
        ReconstructionDiameter: '360.0',
        GantryDetectorTilt: '0.0',
        RescaleIntercept: '-1024',
        RescaleSlope: '1',
        RescaleType: 'HU',
        WindowCenter: ['40', '-600'],
        WindowWidth: ['400', '1500'],
        ImageComments: `Slice ${index + 1} of ${options.slices}`,
        ReferencedImageSequence: [
          {
            ...reference(SOP_CLASS.ct, `${options.label}/0`),
            PurposeOfReferenceCodeSequence: [code('121311', 'DCM', 'Localizer')],
          },
        ],
        ...(index === 0 ? {} : { SourceImageSequence: [reference(SOP_CLASS.ct, `${options.label}/${index - 1}`)] }),
        ...privateBlock(options.patient, index),
      },
    };
  };
  return {
    label: options.label,
    number: options.number,
    modality: 'CT',
    description: options.description,
    attributes: {
      FrameOfReferenceUID: uidOf(`${options.label}/frame`),
      PositionReferenceIndicator: '',
      PatientPosition: 'HFS',
      BodyPartExamined: 'CHEST',
      ProtocolName: 'Thorax routine',
      ContrastBolusAgent: 'none',
    },
    instances: () => generate(options.slices, instance),
  };
}

/** Private elements as scanners write them: two blocks, text with identifying content, numbers, a sequence. */
function privateBlock(patient: Patient, index: number): Attributes {
  return {
    '0009,0010 LO': 'VIADUCT DEMO SCAN 1.0',
    '0009,1001 LO': `scanned for ${patient.plainName}`,
    '0009,1002 DS': `${index}.5`,
    '0009,1003 UI': uidOf(`private ${patient.id} ${index}`),
    '0009,1010 SQ': [{ '0009,0010 LO': 'VIADUCT DEMO SCAN 1.0', '0009,1011 LO': patient.id, '0009,1012 UL': index }],
    '0029,0010 LO': 'VIADUCT DEMO HEADER',
    '0029,1010 OB': Buffer.alloc(64, index & 0xff),
  };
}

function* generate(count: number, instance: (index: number) => InstancePlan): Iterable<InstancePlan> {
  for (let index = 0; index < count; index++) yield instance(index);
}

/** An MR stack of the head; each image refers to its neighbour. */
export function mrSeries(options: StackOptions & { readonly weighting: 'T1' | 'T2' }): SeriesPlan {
  const size = 256;
  const [repetition, echo] = options.weighting === 'T1' ? ['550.0', '12.0'] : ['4200.0', '98.0'];
  const instance = (index: number): InstancePlan => {
    const image = encodeImage(
      [headSlice(size, index / options.slices, index, options.weighting)],
      12,
      options.compression,
    );
    return {
      label: `${options.label}/${index}`,
      sopClassUID: SOP_CLASS.mr,
      transferSyntaxUID: image.transferSyntaxUID,
      pixels: image.pixels,
      attributes: {
        ...image.attributes,
        ...plane(size, 230, 1, index),
        ImageType: ['ORIGINAL', 'PRIMARY', 'M', 'ND'],
        InstanceNumber: index + 1,
        AcquisitionNumber: 1,
        ScanningSequence: 'SE',
        SequenceVariant: 'SK',
        ScanOptions: '',
        MRAcquisitionType: '2D',
        RepetitionTime: repetition,
        EchoTime: echo,
        EchoTrainLength: 1,
        MagneticFieldStrength: '3',
        FlipAngle: '90',
        WindowCenter: '500',
        WindowWidth: '1000',
        ReferencedImageSequence: [reference(SOP_CLASS.mr, `${options.label}/${Math.max(0, index - 1)}`)],
      },
    };
  };
  return {
    label: options.label,
    number: options.number,
    modality: 'MR',
    description: options.description,
    attributes: {
      FrameOfReferenceUID: uidOf(`${options.label}/frame`),
      PositionReferenceIndicator: '',
      PatientPosition: 'HFS',
      BodyPartExamined: 'HEAD',
      ProtocolName: `${options.weighting} spin echo`,
    },
    instances: () => generate(options.slices, instance),
  };
}

/** Projection radiographs. */
export function crSeries(options: Omit<StackOptions, 'slices'> & { readonly views: readonly string[] }): SeriesPlan {
  const instance = (index: number): InstancePlan => {
    const image = encodeImage([chestProjection(1024, 1280, index)], 12, options.compression);
    return {
      label: `${options.label}/${index}`,
      sopClassUID: SOP_CLASS.cr,
      transferSyntaxUID: image.transferSyntaxUID,
      pixels: image.pixels,
      attributes: {
        ...image.attributes,
        ImageType: ['ORIGINAL', 'PRIMARY'],
        InstanceNumber: index + 1,
        PatientOrientation: ['L', 'F'],
        ViewPosition: options.views[index] ?? '',
        KVP: '125',
        PlateID: `PLATE${index + 1}`,
        ImagerPixelSpacing: ['0.3', '0.3'],
        WindowCenter: '1800',
        WindowWidth: '2600',
      },
    };
  };
  return {
    label: options.label,
    number: options.number,
    modality: 'CR',
    description: options.description,
    attributes: { BodyPartExamined: 'CHEST' },
    instances: () => generate(options.views.length, instance),
  };
}

interface ScreenOptions {
  readonly label: string;
  readonly number: number;
  readonly patient: Patient;
  readonly date: string;
}

function burnIn(frame: Frame, { patient, date }: ScreenOptions, title: string): void {
  const lines = [
    title,
    patient.plainName,
    `ID ${patient.id}`,
    `${date.slice(6)}.${date.slice(4, 6)}.${date.slice(0, 4)}`,
  ];
  lines.forEach((line, index) => drawText(frame, line, { x: 12, y: 10 + index * 20, scale: 2, value: 235 }));
}

/** Ultrasound with name, ID and date of the patient burned into every frame. */
export function ultrasoundSeries(
  options: ScreenOptions & { readonly frames: number; readonly compression: Compression },
): SeriesPlan {
  const columns = 480;
  const rows = 360;
  const instance = (): InstancePlan => {
    const frames = Array.from({ length: options.frames }, (_, index) => {
      const frame = ultrasoundFrame(columns, rows, index / options.frames, index);
      burnIn(frame, options, 'GENERAL HOSPITAL');
      return frame;
    });
    const image = encodeImage(frames, 8, options.compression);
    const multiFrame = options.frames > 1;
    return {
      label: `${options.label}/0`,
      sopClassUID: multiFrame ? SOP_CLASS.ultrasoundMultiFrame : SOP_CLASS.ultrasound,
      transferSyntaxUID: image.transferSyntaxUID,
      pixels: image.pixels,
      attributes: {
        ...image.attributes,
        ...(multiFrame ? { NumberOfFrames: options.frames, FrameTime: '40', FrameIncrementPointer: '00181063' } : {}),
        ImageType: ['ORIGINAL', 'PRIMARY', '', '0001'],
        InstanceNumber: 1,
        PatientOrientation: '',
        BurnedInAnnotation: 'YES',
        LossyImageCompression: '00',
        SequenceOfUltrasoundRegions: [
          {
            RegionSpatialFormat: 1,
            RegionDataType: 1,
            RegionFlags: 0,
            RegionLocationMinX0: 0,
            RegionLocationMinY0: 90,
            RegionLocationMaxX1: columns - 1,
            RegionLocationMaxY1: rows - 1,
            PhysicalUnitsXDirection: 3,
            PhysicalUnitsYDirection: 3,
            PhysicalDeltaX: 0.05,
            PhysicalDeltaY: 0.05,
          },
        ],
      },
    };
  };
  return {
    label: options.label,
    number: options.number,
    modality: 'US',
    description: 'Heart, four chambers',
    attributes: { Laterality: '' },
    instances: () => generate(1, instance),
  };
}

/** A colour screenshot with burned-in text, derived from another image of the study. */
export function screenshotSeries(options: ScreenOptions & { readonly source?: Attributes }): SeriesPlan {
  const instance = (): InstancePlan => {
    const frame = drawEllipses(512, 384, 20, [{ x: 0.5, y: 0.6, radiusX: 0.2, radiusY: 0.25, value: 120 }]);
    burnIn(frame, options, 'SCREEN SAVE');
    const image = encodeColour(frame);
    return {
      label: `${options.label}/0`,
      sopClassUID: SOP_CLASS.secondaryCapture,
      transferSyntaxUID: image.transferSyntaxUID,
      pixels: image.pixels,
      attributes: {
        ...image.attributes,
        ImageType: ['DERIVED', 'SECONDARY'],
        InstanceNumber: 1,
        PatientOrientation: '',
        ConversionType: 'WSD',
        BurnedInAnnotation: 'YES',
        DerivationDescription: 'Screen save',
        ...(options.source ? { SourceImageSequence: [options.source] } : {}),
      },
    };
  };
  return {
    label: options.label,
    number: options.number,
    modality: 'OT',
    description: 'Screen save',
    attributes: { Laterality: '' },
    instances: () => generate(1, instance),
  };
}
