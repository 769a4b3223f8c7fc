import {
  DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
  encodeDataSet,
  encodeFileMeta,
  type DataElement,
} from '@viaduct/dicom/part10';
import { tagOf } from '@viaduct/dicom/dictionary';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { elementsOf } from './encode.ts';
import type { Attributes, InstancePlan, Pixels, SeriesPlan, StudyPlan } from './plan.ts';
import { uidOf } from './random.ts';

/** An instance as it was written. */
export interface WrittenInstance {
  readonly path: string;
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly seriesInstanceUID: string;
}

/** A study as it was written. */
export interface WrittenStudy {
  readonly studyInstanceUID: string;
  readonly plan: StudyPlan;
  readonly instances: readonly WrittenInstance[];
}

const PIXEL_DATA = tagOf('PixelData');

/** Attributes of patient, study and series that every instance repeats (PS3.3 §C.7.1 to §C.7.5). */
function common(study: StudyPlan, series: SeriesPlan): Attributes {
  const { patient } = study;
  const age = patient.birthDate ? Number(study.date.slice(0, 4)) - Number(patient.birthDate.slice(0, 4)) : undefined;
  return {
    ...(patient.characterSet === '' ? {} : { SpecificCharacterSet: patient.characterSet }),
    StudyDate: study.date,
    SeriesDate: study.date,
    ContentDate: study.date,
    AcquisitionDate: study.date,
    StudyTime: study.time,
    SeriesTime: study.time,
    ContentTime: study.time,
    AcquisitionTime: study.time,
    AccessionNumber: study.accessionNumber,
    Modality: series.modality,
    Manufacturer: 'Viaduct demo',
    InstitutionName: 'General Hospital',
    InstitutionAddress: 'Example Street 1',
    ReferringPhysicianName: study.referringPhysician,
    StationName: `${series.modality}01`,
    StudyDescription: study.description,
    SeriesDescription: series.description,
    PerformingPhysicianName: 'Example^Performer',
    OperatorsName: 'Example^Operator',
    ManufacturerModelName: 'Phantom',
    DeviceSerialNumber: '4711',
    SoftwareVersions: '1.0',
    PatientName: patient.name,
    PatientID: patient.id,
    ...(patient.issuer ? { IssuerOfPatientID: patient.issuer } : {}),
    PatientBirthDate: patient.birthDate,
    PatientSex: patient.sex,
    ...(age === undefined ? {} : { PatientAge: `${String(age).padStart(3, '0')}Y` }),
    StudyInstanceUID: uidOf(study.label),
    SeriesInstanceUID: uidOf(series.label),
    StudyID: study.id,
    SeriesNumber: series.number,
    ...series.attributes,
  };
}

function pixelElement(pixels: Pixels): DataElement {
  if (pixels.kind === 'native') {
    const { buffer, byteOffset, byteLength } = pixels.bytes;
    return { tag: PIXEL_DATA, vr: pixels.vr, value: Buffer.from(buffer, byteOffset, byteLength) };
  }
  const table = Buffer.alloc(4 * pixels.frames.length);
  let offset = 0;
  pixels.frames.forEach((frame, index) => {
    table.writeUInt32LE(offset, index * 4);
    offset += frame.length + 8;
  });
  const fragments = [table, ...pixels.frames.map((frame) => Buffer.from(frame))];
  return { tag: PIXEL_DATA, vr: 'OB', value: Buffer.alloc(0), fragments };
}

/** Buffers of one file one after the other: file meta, data set. */
function encodeInstance(instance: InstancePlan, shared: readonly DataElement[], characterSet: readonly string[]) {
  const { sopClassUID, transferSyntaxUID } = instance;
  const sopInstanceUID = uidOf(instance.label);
  const attributes = { ...instance.attributes, SOPClassUID: sopClassUID, SOPInstanceUID: sopInstanceUID };
  const own = elementsOf(attributes, characterSet);
  const tags = new Set(own.map(({ tag }) => tag));
  const elements = [...shared.filter(({ tag }) => !tags.has(tag)), ...own];
  const meta = encodeFileMeta({ sopClassUID, sopInstanceUID, transferSyntaxUID });
  if (!instance.pixels) return [meta, encodeDataSet(elements, transferSyntaxUID)];
  const pixels = pixelElement(instance.pixels);
  if (transferSyntaxUID === DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN) {
    return [meta, encodeDataSet([...elements, pixels], transferSyntaxUID)];
  }
  return [meta, encodeDataSet(elements, transferSyntaxUID), encodeDataSet([pixels], transferSyntaxUID)];
}

/** Writes all instances of a study below a folder of its own; the names say nothing about the patient. */
export async function writePlan(dir: string, study: StudyPlan): Promise<WrittenStudy> {
  const folder = path.join(dir, study.label);
  await mkdir(folder, { recursive: true });
  const characterSet = [study.patient.characterSet].flat();
  const instances: WrittenInstance[] = [];
  for (const series of study.series) {
    const shared = elementsOf(common(study, series), characterSet);
    for (const instance of series.instances()) {
      const file = path.join(folder, `${String(instances.length + 1).padStart(5, '0')}.dcm`);
      await using handle = await open(file, 'w');
      await handle.writev(encodeInstance(instance, shared, characterSet));
      instances.push({
        path: file,
        sopClassUID: instance.sopClassUID,
        sopInstanceUID: uidOf(instance.label),
        seriesInstanceUID: uidOf(series.label),
      });
    }
  }
  return { studyInstanceUID: uidOf(study.label), plan: study, instances };
}
