import { describe, expect, test } from 'vitest';
import type { BasketItem, Series, Study } from '../types.ts';
import { byNewest, checkTransfer, jobInputOf, noOptions, readBasket, withItem, withPicked } from './transfer.ts';

function study(uid: string, more: Partial<Study> = {}): Study {
  return {
    nodeId: 'node-a',
    studyInstanceUid: uid,
    patientId: 'P1',
    patientName: '',
    patientBirthDate: '',
    patientSex: '',
    studyDate: '2024-03-02',
    studyTime: '10:15',
    modalities: ['CT'],
    studyDescription: '',
    accessionNumber: '',
    numberOfSeries: 2,
    numberOfInstances: 612,
    ...more,
  };
}
const item = (each: Study, series: string[] = []): BasketItem => ({
  study: each,
  seriesInstanceUids: series,
  chosenInstances: series.length ? 100 : null,
});
const chosen = { ...noOptions('UTC'), destinationId: 'd', projectId: 'p' };

describe('a transfer', () => {
  test('needs studies, a destination and a project', () => {
    expect(Object.keys(checkTransfer([], noOptions('UTC')))).toEqual(['basket', 'destinationId', 'projectId']);
  });

  test('with one pseudonym is for one patient', () => {
    const basket = [item(study('1.1')), item(study('1.2', { patientId: 'P2' }))];
    expect(checkTransfer(basket, { ...chosen, pseudonym: 'TRIAL-7' })).toHaveProperty('pseudonym');
    expect(checkTransfer(basket.slice(0, 1), { ...chosen, pseudonym: 'TRIAL-7' })).toEqual({});
  });

  test('without pseudonymization sends no pseudonym', () => {
    const input = jobInputOf([item(study('1.1'), ['1.1.1'])], { ...chosen, pseudonymize: false, pseudonym: 'X' });
    expect(input).not.toHaveProperty('pseudonym');
    expect(input.studies).toEqual([{ sourceId: 'node-a', studyInstanceUid: '1.1', seriesInstanceUids: ['1.1.1'] }]);
  });
});

describe('a schedule', () => {
  test('goes along as it was chosen, in the reader’s time zone', () => {
    const nights = { zone: 'Europe/Berlin', lines: [{ days: [1, 2], from: '22:00', to: '06:00' }] } as const;
    const schedule = {
      ...chosen.schedule,
      start: 'later' as const,
      notBefore: '2026-11-21T22:00',
      hours: 'these' as const,
      windows: nights,
    };
    const options = { ...chosen, zone: 'Europe/Berlin', schedule };
    expect(checkTransfer([item(study('1.1'))], options)).toEqual({});
    expect(jobInputOf([item(study('1.1'))], options).schedule).toEqual({
      notBefore: '2026-11-21T21:00:00.000Z',
      windows: { timeZone: 'Europe/Berlin', weekly: [{ days: [1, 2], from: '22:00', to: '06:00' }] },
      atClose: 'park',
      maxOverrunMs: 1_800_000,
    });
  });

  test('without hours or a beginning is none', () => {
    expect(jobInputOf([item(study('1.1'))], chosen).schedule).toBeNull();
  });

  test('that is half filled in is refused where it is', () => {
    const schedule = { ...chosen.schedule, start: 'later' as const, hours: 'these' as const };
    expect(Object.keys(checkTransfer([item(study('1.1'))], { ...chosen, schedule }))).toEqual(['notBefore', 'windows']);
  });
});

describe('the basket', () => {
  test('holds a study once, the later choice of its series counts', () => {
    const first = withItem([], item(study('1.1'), ['1.1.1']));
    expect(withItem(first, item(study('1.1')))).toEqual([item(study('1.1'))]);
  });

  test('takes whole studies and single series as they are ticked', () => {
    const series = { seriesInstanceUid: '1.1.1', numberOfInstances: 40 } as Series;
    const studies = [study('1.1'), study('1.2'), study('1.3')];
    const picked = ['node-a|1.1', 'node-a|1.1|1.1.1', 'node-a|1.2'];
    expect(withPicked([], studies, picked, () => [series])).toEqual([
      { study: studies[0], seriesInstanceUids: ['1.1.1'], chosenInstances: 40 },
      item(study('1.2')),
    ]);
  });

  test.each(['', '{', '[1, null]', '{"a":1}', '[{"study":{}}]'])('that was kept as %s is empty', (kept) => {
    expect(readBasket(kept)).toEqual([]);
  });

  test('comes back as it was kept', () => {
    const basket = [item(study('1.1'))];
    expect(readBasket(JSON.stringify(basket))).toEqual(basket);
  });
});

test('the newest study comes first, one without a date last', () => {
  const sorted = [
    study('3', { studyDate: '', studyTime: '' }),
    study('1'),
    study('2', { studyDate: '2024-05-01' }),
  ].sort(byNewest);
  expect(sorted.map((each) => each.studyInstanceUid)).toEqual(['2', '1', '3']);
});
