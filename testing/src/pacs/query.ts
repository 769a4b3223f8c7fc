import { keywordOf, tagOf, vrOf, type Tag } from '@viaduct/dicom/dictionary';
import type { QueryLevel } from '@viaduct/dicom/dimse';
import { characterSetTerms, splitText, textElement, type DataElement, type DataSet } from '@viaduct/dicom/part10';
import { LEVEL_ATTRIBUTES, valuesOf, type Archive, type InstanceRecord } from './archive.ts';
import { matches } from './matching.ts';

/** An identifier that does not fit its SOP class (status 0xA900, PS3.4 §C.4.1.1.4). */
export class IdentifierError extends Error {
  override readonly name = 'IdentifierError';
}

/** The identifier of a C-FIND, C-GET or C-MOVE as it was understood. */
export interface Query {
  readonly level: QueryLevel;
  readonly patientRoot: boolean;
  readonly keys: DataSet;
  readonly characterSet: readonly string[];
}

const LEVELS: readonly QueryLevel[] = ['PATIENT', 'STUDY', 'SERIES', 'IMAGE'];
const UNIQUE_KEY: Readonly<Record<QueryLevel, string>> = {
  PATIENT: 'PatientID',
  STUDY: 'StudyInstanceUID',
  SERIES: 'SeriesInstanceUID',
  IMAGE: 'SOPInstanceUID',
};
/** Says something about the query or the answer, not about what is asked for. */
const NOT_MATCHED = new Set(
  ['SpecificCharacterSet', 'QueryRetrieveLevel', 'RetrieveAETitle', 'InstanceAvailability'].map(tagOf),
);

/** @throws IdentifierError when the level is missing or is none of the information model */
export function readQuery(keys: DataSet, patientRoot: boolean): Query {
  const characterSet = characterSetTerms(keys.get(tagOf('SpecificCharacterSet'))?.value);
  const [level] = splitText(keys.get(tagOf('QueryRetrieveLevel'))?.value ?? Buffer.alloc(0), [], 'CS');
  const known = LEVELS.find((name) => name === level);
  if (!known || (known === 'PATIENT' && !patientRoot)) throw new IdentifierError('level');
  return { level: known, patientRoot, keys, characterSet };
}

/** Values asked for in a key, by keyword. */
export function keyValues(query: Query, keyword: string): string[] {
  const element = query.keys.get(tagOf(keyword));
  return element ? splitText(element.value, query.characterSet, element.vr).filter((value) => value !== '') : [];
}

/** Levels above the one asked for, which need exactly one value of their unique key (PS3.4 §C.4.1.2.2.1, §C.4.2.2.1). */
function levelsAbove({ level, patientRoot }: Query): QueryLevel[] {
  return LEVELS.slice(patientRoot ? 0 : 1, LEVELS.indexOf(level));
}

function assertHierarchy(query: Query): void {
  for (const above of levelsAbove(query)) {
    const values = keyValues(query, UNIQUE_KEY[above]);
    if (values.length !== 1 || values[0]?.includes('*')) throw new IdentifierError(UNIQUE_KEY[above]);
  }
}

/** A patient, study, series or instance: its instances by series. */
type Entity = readonly (readonly InstanceRecord[])[];

function* entities(archive: Archive, query: Query): Iterable<Entity> {
  const asked = keyValues(query, 'StudyInstanceUID');
  const studies = archive.studies(asked.length > 0 && !asked.includes('*') ? asked : undefined);
  switch (query.level) {
    case 'PATIENT':
      yield* patients(studies);
      return;
    case 'STUDY':
      yield* studies;
      return;
    case 'SERIES':
      for (const study of studies) for (const series of study) yield [series];
      return;
    case 'IMAGE':
      for (const study of studies) for (const series of study) for (const instance of series) yield [[instance]];
  }
}

function* patients(studies: Iterable<InstanceRecord[][]>): Iterable<Entity> {
  const byPatient = new Map<string, InstanceRecord[][]>();
  for (const study of studies) {
    const first = study[0]?.[0];
    const id = first ? (valuesOf(first, tagOf('PatientID'))[0] ?? '') : '';
    byPatient.set(id, [...(byPatient.get(id) ?? []), ...study]);
  }
  yield* byPatient.values();
}

const distinct = (entity: Entity, keyword: string) => [
  ...new Set(entity.flatMap((series) => series.slice(0, 1)).flatMap((record) => valuesOf(record, tagOf(keyword)))),
];
const instancesOf = (entity: Entity) => String(entity.reduce((sum, series) => sum + series.length, 0));
const studiesOf = (entity: Entity) => String(new Set(entity.map((series) => series[0]?.studyInstanceUID)).size);

/** What a C-FIND gets wrong on purpose, and where things are. */
export interface Lies {
  readonly ignoreKeys?: readonly string[];
  readonly countsOff?: number;
  /** Whether a study lies on slow storage. */
  readonly isNearline?: (studyInstanceUID: string) => boolean;
}

/** Attributes that are counted, by level and keyword (PS3.4 §C.3.4). */
const COMPUTED: Readonly<Record<QueryLevel, Readonly<Record<string, (entity: Entity) => string | string[]>>>> = {
  PATIENT: {
    NumberOfPatientRelatedStudies: studiesOf,
    NumberOfPatientRelatedSeries: (entity) => String(entity.length),
    NumberOfPatientRelatedInstances: instancesOf,
  },
  STUDY: {
    ModalitiesInStudy: (entity) => distinct(entity, 'Modality').sort(),
    SOPClassesInStudy: (entity) => [...new Set(entity.flat().map((record) => record.sopClassUID))].sort(),
    NumberOfStudyRelatedSeries: (entity) => String(entity.length),
    NumberOfStudyRelatedInstances: instancesOf,
  },
  SERIES: { NumberOfSeriesRelatedInstances: instancesOf },
  IMAGE: {},
};

interface Attribute {
  readonly element: DataElement;
  readonly values: readonly string[];
}

/** Looks up an attribute of an entity; undefined when it does not belong to the level or is not kept. */
function attributeOf(query: Query, entity: Entity, tag: Tag): Attribute | undefined {
  const keyword = keywordOf(tag);
  const record = entity[0]?.[0];
  if (keyword === undefined || !record) return undefined;
  const computed = COMPUTED[query.level][keyword]?.(entity);
  if (computed !== undefined) return { element: textElement(tag, computed), values: [computed].flat() };
  const levels = LEVELS.slice(0, LEVELS.indexOf(query.level) + 1);
  if (!levels.some((level) => LEVEL_ATTRIBUTES[level].includes(keyword))) return undefined;
  const element = record.elements.get(tag) ?? { tag, vr: vrOf(tag), value: Buffer.alloc(0) };
  return { element, values: valuesOf(record, tag) };
}

/** One answer, or undefined when the entity does not match. */
function answerOf(query: Query, entity: Entity, aeTitle: string, lies: Lies): DataElement[] | undefined {
  const answer: DataElement[] = [];
  const ignored = new Set(lies.ignoreKeys?.map(tagOf));
  for (const [tag, key] of query.keys) {
    if (NOT_MATCHED.has(tag)) continue;
    const attribute = attributeOf(query, entity, tag);
    const asked = key.items || ignored.has(tag) ? [] : splitText(key.value, query.characterSet, key.vr);
    if (attribute && !matches(asked, attribute.values, attribute.element.vr)) return undefined;
    const nothing =
      key.vr === 'SQ' ? { tag, vr: 'SQ', value: Buffer.alloc(0), items: [] } : { ...key, value: Buffer.alloc(0) };
    answer.push(attribute ? miscounted(attribute.element, lies.countsOff) : nothing);
  }
  const isNearline = entity.some((series) => lies.isNearline?.(series[0]?.studyInstanceUID ?? ''));
  const characterSet = entity[0]?.[0]?.elements.get(tagOf('SpecificCharacterSet'));
  return [
    ...answer,
    ...(characterSet ? [characterSet] : []),
    textElement(tagOf('QueryRetrieveLevel'), query.level),
    textElement(tagOf('RetrieveAETitle'), aeTitle),
    textElement(tagOf('InstanceAvailability'), isNearline ? 'NEARLINE' : 'ONLINE'),
  ];
}

/** A number of related instances that is off by so much. */
function miscounted(element: DataElement, off = 0): DataElement {
  if (off === 0 || !/^NumberOf.*RelatedInstances$/.test(keywordOf(element.tag) ?? '')) return element;
  return textElement(element.tag, String(Number(element.value.toString('latin1')) + off));
}

/**
 * Answers of a C-FIND, one by one.
 *
 * @throws IdentifierError when a unique key above the level is missing
 */
export function* findAnswers(
  archive: Archive,
  query: Query,
  aeTitle: string,
  lies: Lies = {},
): Iterable<DataElement[]> {
  assertHierarchy(query);
  for (const entity of entities(archive, query)) {
    const answer = answerOf(query, entity, aeTitle, lies);
    if (answer) yield answer;
  }
}

/**
 * Instances that a C-GET or C-MOVE asks for.
 *
 * @throws IdentifierError when a unique key is missing
 */
export function selectInstances(archive: Archive, query: Query): InstanceRecord[] {
  assertHierarchy(query);
  const asked = (level: QueryLevel) => new Set(keyValues(query, UNIQUE_KEY[level]));
  if (asked(query.level).size === 0) throw new IdentifierError(UNIQUE_KEY[query.level]);
  const [patientIds, studies, series, instances] = [asked('PATIENT'), asked('STUDY'), asked('SERIES'), asked('IMAGE')];
  const wanted = (record: InstanceRecord) =>
    (!query.patientRoot || patientIds.has(valuesOf(record, tagOf('PatientID'))[0] ?? '')) &&
    (query.level === 'PATIENT' || studies.has(record.studyInstanceUID)) &&
    (!['SERIES', 'IMAGE'].includes(query.level) || series.has(record.seriesInstanceUID)) &&
    (query.level !== 'IMAGE' || instances.has(record.sopInstanceUID));
  return [...archive.studies(query.level === 'PATIENT' ? undefined : [...studies])].flat(2).filter(wanted);
}
