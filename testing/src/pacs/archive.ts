import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { tagOf, type Tag } from '@viaduct/dicom/dictionary';
import {
  characterSetTerms,
  Part10Error,
  readAttributes,
  readFileMeta,
  splitText,
  type DataElement,
} from '@viaduct/dicom/part10';
import type { QueryLevel } from '@viaduct/dicom/dimse';

/** Attributes that can be asked for, by the level they belong to (PS3.4 §C.6). */
export const LEVEL_ATTRIBUTES: Readonly<Record<QueryLevel, readonly string[]>> = {
  PATIENT: ['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex', 'PatientComments'],
  STUDY: [
    ...['StudyInstanceUID', 'StudyDate', 'StudyTime', 'AccessionNumber', 'StudyID', 'StudyDescription'],
    ...['ReferringPhysicianName', 'PatientAge', 'PatientWeight', 'PatientSize', 'InstitutionName'],
  ],
  SERIES: [
    ...['SeriesInstanceUID', 'Modality', 'SeriesNumber', 'SeriesDescription', 'SeriesDate', 'SeriesTime'],
    ...['BodyPartExamined', 'ProtocolName', 'Manufacturer', 'ManufacturerModelName', 'StationName', 'Laterality'],
  ],
  IMAGE: [
    ...['SOPInstanceUID', 'SOPClassUID', 'InstanceNumber', 'ContentDate', 'ContentTime', 'ImageType'],
    ...['NumberOfFrames', 'Rows', 'Columns', 'BitsAllocated'],
  ],
};

const CHARACTER_SET = tagOf('SpecificCharacterSet');
const STUDY = tagOf('StudyInstanceUID');
const SERIES = tagOf('SeriesInstanceUID');
const INSTANCE = tagOf('SOPInstanceUID');
const INDEXED = [CHARACTER_SET, ...Object.values(LEVEL_ATTRIBUTES).flat().map(tagOf)];

/** One stored instance: where it is and the attributes that can be asked for, bytes as in the file. */
export interface InstanceRecord {
  readonly path: string;
  readonly dataSetOffset: number;
  readonly fileSize: number;
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly characterSet: readonly string[];
  readonly elements: ReadonlyMap<Tag, DataElement>;
}

/** Values of an indexed attribute as text. */
export function valuesOf(record: InstanceRecord, tag: Tag): string[] {
  const element = record.elements.get(tag);
  if (!element) return [];
  if (element.vr === 'US') return element.value.length < 2 ? [] : [String(element.value.readUInt16LE())];
  return splitText(element.value, record.characterSet, element.vr);
}

/** Reads what the index needs of a file; undefined when it is no instance that can be kept. */
async function indexFile(file: string): Promise<InstanceRecord | undefined> {
  try {
    const { meta, dataSetOffset, fileSize } = await readFileMeta(file);
    const read = await readAttributes(file, INDEXED);
    // Copies: what was read are views of a large buffer.
    const elements = new Map([...read].map(([tag, { vr, value }]) => [tag, { tag, vr, value: Buffer.from(value) }]));
    const characterSet = characterSetTerms(elements.get(CHARACTER_SET)?.value);
    const uid = (tag: Tag) => splitText(elements.get(tag)?.value ?? Buffer.alloc(0), [], 'UI')[0] ?? '';
    const record = {
      path: file,
      dataSetOffset,
      fileSize,
      sopClassUID: meta.sopClassUID,
      transferSyntaxUID: meta.transferSyntaxUID,
      studyInstanceUID: uid(STUDY),
      seriesInstanceUID: uid(SERIES),
      sopInstanceUID: uid(INSTANCE),
      characterSet,
      elements,
    };
    return record.studyInstanceUID && record.seriesInstanceUID && record.sopInstanceUID ? record : undefined;
  } catch (error) {
    if (error instanceof Part10Error) return undefined;
    throw error;
  }
}

type Series = Map<string, InstanceRecord>;

/** An index in memory over a folder of Part 10 files. */
export class Archive {
  readonly dir: string;
  readonly #studies = new Map<string, Map<string, Series>>();
  readonly #byUid = new Map<string, InstanceRecord>();
  readonly #files = new Set<string>();
  /** SOP class and transfer syntax of what came in, with a blank between. */
  readonly #kinds = new Set<string>();

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Indexes a folder with its subfolders. Files that are no DICOM instances are passed over. */
  static async open(dir: string): Promise<Archive> {
    const archive = new Archive(dir);
    await archive.rescan();
    return archive;
  }

  /** Adds files that are new in the folder. */
  async rescan(): Promise<void> {
    const entries = await readdir(this.dir, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.part'));
    for (const file of files.map((entry) => path.join(entry.parentPath, entry.name)).sort()) {
      if (!this.#files.has(file)) await this.add(file);
    }
  }

  /** Adds or replaces the instance of a file. Says whether it could be indexed. */
  async add(file: string): Promise<boolean> {
    const record = await indexFile(file);
    this.#files.add(file);
    if (!record) return false;
    const former = this.#byUid.get(record.sopInstanceUID);
    if (former)
      this.#studies.get(former.studyInstanceUID)?.get(former.seriesInstanceUID)?.delete(former.sopInstanceUID);
    const study = this.#studies.get(record.studyInstanceUID) ?? new Map<string, Series>();
    const series: Series = study.get(record.seriesInstanceUID) ?? new Map<string, InstanceRecord>();
    series.set(record.sopInstanceUID, record);
    study.set(record.seriesInstanceUID, series);
    this.#studies.set(record.studyInstanceUID, study);
    this.#byUid.set(record.sopInstanceUID, record);
    this.#kinds.add(`${record.sopClassUID} ${record.transferSyntaxUID}`);
    return true;
  }

  /** SOP Instance UIDs of all instances, sorted. */
  uids(): string[] {
    return [...this.#byUid.keys()].sort();
  }

  /** One instance by its UID. */
  instance(sopInstanceUID: string): InstanceRecord | undefined {
    return this.#byUid.get(sopInstanceUID);
  }

  /** Whether an instance of this class in this transfer syntax is here. */
  holds(sopClassUID: string, transferSyntaxUID: string): boolean {
    return this.#kinds.has(`${sopClassUID} ${transferSyntaxUID}`);
  }

  /** All instances, or those of some studies, grouped by study and series. */
  *studies(uids?: readonly string[]): Iterable<InstanceRecord[][]> {
    const studies = uids ? uids.flatMap((uid) => this.#studies.get(uid) ?? []) : this.#studies.values();
    for (const study of studies) {
      const series = [...study.values()].map((instances) => [...instances.values()]).filter((list) => list.length > 0);
      if (series.length > 0) yield series;
    }
  }
}
