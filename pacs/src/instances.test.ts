import { DimseError, type Answer } from '@viaduct/dicom/dimse';
import { expect, test } from 'vitest';
import { findContents } from './instances.ts';
import { findStudy, type Ask } from './studies.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const ENHANCED_CT = '1.2.840.10008.5.1.4.1.1.2.1';
const SR = '1.2.840.10008.5.1.4.1.1.88.11';

/** A node with series of one instance each: of a modality, and of a SOP class where it is asked for one. */
function node(series: readonly { readonly modality: string; readonly sopClassUid: string }[]): Ask {
  return async function* (level, keys): AsyncGenerator<Answer> {
    for (const [index, { modality, sopClassUid }] of series.entries()) {
      const SeriesInstanceUID = [`1.${index + 1}`];
      if (level === 'SERIES') yield { SeriesInstanceUID, Modality: [modality] };
      else if (keys['SeriesInstanceUID'] === SeriesInstanceUID[0])
        yield {
          SeriesInstanceUID,
          SOPInstanceUID: [`1.${index + 1}.1`],
          ...('SOPClassUID' in keys && { SOPClassUID: [sopClassUid] }),
        };
    }
  };
}

const ct = (sopClassUid: string) => ({ modality: 'CT', sopClassUid });
const sr = { modality: 'SR', sopClassUid: SR };

test.each([
  ['is that of a study of one modality', [CT], [ct('not looked at'), ct('not looked at')], [CT, CT]],
  ['cannot be the only one of two modalities', [CT], [ct(CT), sr], [CT, SR]],
  ['is looked up where the study has several', [CT, ENHANCED_CT], [ct(CT), ct(ENHANCED_CT)], [CT, ENHANCED_CT]],
  ['is looked up where the study names none', [], [ct(CT)], [CT]],
])('the SOP class of an instance %s', async (_, sopClassUids, series, expected) => {
  const { instances } = await findContents(node(series), { studyInstanceUid: '1' }, sopClassUids);
  expect(instances.map((instance) => instance.sopClassUid)).toEqual(expected);
});

test('a node that refuses to name the classes of a study is asked without', async () => {
  const ask: Ask = async function* (_, keys): AsyncGenerator<Answer> {
    if ('SOPClassesInStudy' in keys) throw new DimseError('status-failure', { status: 0xa900 });
    yield { StudyInstanceUID: ['1'], PatientID: ['P'] };
  };
  expect(await findStudy(ask, '1')).toMatchObject({ study: { patientId: 'P' }, sopClassUids: [] });
});
