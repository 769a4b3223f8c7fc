import { expect, test } from 'vitest';
import { matches, studyIdentifier, studyOf } from './studies.ts';
import type { StudyAnswer, StudyCriteria } from './studies.ts';

const study: StudyAnswer = {
  studyInstanceUid: '1.2.3',
  patientId: 'P-001',
  patientName: 'Müller^Anna=山田^太郎=やまだ^たろう',
  patientBirthDate: '19700101',
  patientSex: 'F',
  studyDate: '20240315',
  studyTime: '101500',
  accessionNumber: 'A1',
  studyDescription: 'CT Thorax (nativ)',
  modalities: ['CT', 'SR'],
  numberOfSeries: 1,
  numberOfInstances: 2,
};

test.each<[string, StudyCriteria, boolean]>([
  ['nothing', {}, true],
  ['the exact ID', { patientId: 'P-001' }, true],
  ['another ID', { patientId: 'P-002' }, false],
  ['a part of the ID', { patientId: 'P-0' }, false],
  ['a wildcard', { patientId: 'P-*' }, true],
  ['one character', { patientId: 'P-00?' }, true],
  ['a family name', { patientName: 'müller' }, true],
  ['last, first', { patientName: 'Müller, Anna' }, true],
  ['the ideographic group', { patientName: '山田' }, true],
  ['another name', { patientName: 'Meier' }, false],
  ['a description with brackets', { studyDescription: 'CT Thorax (nativ)' }, true],
  ['a description that would be a regular expression', { studyDescription: 'CT.*' }, false],
  ['from that day on', { studyDateFrom: '20240315' }, true],
  ['until the day before', { studyDateUntil: '20240314' }, false],
  ['one of several modalities', { modalities: ['MR', 'SR'] }, true],
  ['another modality', { modalities: ['MR'] }, false],
  ['another study', { studyInstanceUid: '1.2.4' }, false],
  ['another birth date', { birthDate: '19700102' }, false],
])('a study is judged by %s', (_name, criteria, expected) => {
  expect(matches(criteria, study)).toBe(expected);
});

test('what a server left out does not speak against a study', () => {
  const bare = { ...study, patientId: '', patientName: '', studyDate: '', modalities: [], studyDescription: '' };
  const criteria = { patientId: 'X', patientName: 'X', studyDateFrom: '20990101', modalities: ['MR'] };
  expect(matches(criteria, bare)).toBe(true);
});

test('the keys of a query are written as DICOM wants them', () => {
  const criteria = { patientName: 'Doe, J', studyDateFrom: '20240101', modalities: ['CT', 'MR'] };
  expect(studyIdentifier(criteria, 'MR')).toMatchObject({
    PatientName: 'Doe^J*',
    StudyDate: '20240101-',
    ModalitiesInStudy: 'MR',
    PatientID: '',
  });
  expect(studyIdentifier({ studyDateFrom: '20240101', studyDateUntil: '20240101' }).StudyDate).toBe('20240101');
});

test('an answer without a study is none', () => {
  expect(studyOf({ PatientID: ['1'] })).toBeUndefined();
  expect(studyOf({ StudyInstanceUID: ['1.2'], NumberOfStudyRelatedSeries: ['x'] })).toMatchObject({
    numberOfSeries: null,
    modalities: [],
  });
});
