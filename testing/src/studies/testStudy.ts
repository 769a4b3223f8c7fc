import { SOP_CLASS, SYNTAX, type Attributes, type InstancePlan, type StudyPlan } from './plan.ts';
import { createRandom, uidOf } from './random.ts';
import { writePlan, type WrittenStudy } from './write.ts';

export interface TestStudyOptions {
  /** Makes UIDs and file folder; another label is another study. */
  readonly label: string;
  /** CT images, 1 by default; spread evenly over the series. */
  readonly instances?: number;
  /** 1 by default. */
  readonly series?: number;
  /** Size of the pixel data of each instance in bytes, 2,048 by default; rounded to whole rows of 64 bytes. */
  readonly bytesPerInstance?: number;
  readonly patientName?: string;
  readonly patientId?: string;
  readonly birthDate?: string;
  readonly accessionNumber?: string;
  /** YYYYMMDD. */
  readonly date?: string;
  readonly description?: string;
  /** Further attributes of every instance. */
  readonly attributes?: Attributes;
}

const COLUMNS = 32;

function sliceOf(label: string, index: number, pixels: Buffer, attributes: Attributes): InstancePlan {
  const bytes = Buffer.from(pixels);
  bytes.writeUInt16LE(index & 0x0fff, 0);
  return {
    label: `${label}/${index}`,
    sopClassUID: SOP_CLASS.ct,
    transferSyntaxUID: SYNTAX.explicit,
    pixels: { kind: 'native', vr: 'OW', bytes },
    attributes: {
      ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
      InstanceNumber: index + 1,
      AcquisitionNumber: 1,
      KVP: '120',
      RescaleIntercept: '-1024',
      RescaleSlope: '1',
      PixelSpacing: ['1', '1'],
      SliceThickness: '1',
      ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'],
      ImagePositionPatient: ['0', '0', `${index}`],
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME2',
      Rows: pixels.length / (COLUMNS * 2),
      Columns: COLUMNS,
      BitsAllocated: 16,
      BitsStored: 12,
      HighBit: 11,
      PixelRepresentation: 0,
      ...attributes,
    },
  };
}

/** The plan of a CT study for tests: many small or few large instances with chosen words in the patient's attributes. */
export function testStudy(options: TestStudyOptions): StudyPlan {
  const { label, instances = 1, series = 1, bytesPerInstance = 2_048 } = options;
  const rows = Math.max(1, Math.round(bytesPerInstance / (COLUMNS * 2)));
  const random = createRandom(label);
  const pixels = Buffer.alloc(rows * COLUMNS * 2);
  for (let at = 0; at < pixels.length; at += 2) pixels.writeUInt16LE(random.integer(0, 4_095), at);
  const countOf = (index: number) =>
    Math.floor(((index + 1) * instances) / series) - Math.floor((index * instances) / series);
  return {
    label,
    patient: {
      name: options.patientName ?? 'Test^Patient',
      id: options.patientId ?? 'TEST-1',
      birthDate: options.birthDate ?? '19700101',
      sex: 'O',
      characterSet: 'ISO_IR 192',
      plainName: 'TEST PATIENT',
    },
    date: options.date ?? '20260101',
    time: '120000',
    accessionNumber: options.accessionNumber ?? 'TESTACC1',
    id: 'T1',
    description: options.description ?? 'Test study',
    referringPhysician: 'Test^Referrer',
    series: Array.from({ length: series }, (_, seriesIndex) => {
      const seriesLabel = `${label}.${seriesIndex + 1}`;
      return {
        label: seriesLabel,
        number: seriesIndex + 1,
        modality: 'CT',
        description: `Test series ${seriesIndex + 1}`,
        attributes: {
          FrameOfReferenceUID: uidOf(`${seriesLabel}/frame`),
          PositionReferenceIndicator: '',
          PatientPosition: 'HFS',
          BodyPartExamined: 'CHEST',
        },
        *instances() {
          for (let index = 0; index < countOf(seriesIndex); index++) {
            yield sliceOf(seriesLabel, index, pixels, options.attributes ?? {});
          }
        },
      };
    }),
  };
}

/** Writes a test study below `dir`; 500 instances of 2 KB take less than a second. */
export function writeStudy(dir: string, options: TestStudyOptions): Promise<WrittenStudy> {
  return writePlan(dir, testStudy(options));
}
