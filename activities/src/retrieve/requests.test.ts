import { describe, expect, it } from 'vitest';
import { selectionsFor } from './requests.ts';

const instances = (series: string, count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => [`${series}.${from + index}`, series] as const);
const studyInstanceUid = '1.9';

describe('selectionsFor', () => {
  it('asks for the study when all of it is wanted', () => {
    const wanted = new Map([...instances('1', 3), ...instances('2', 2)]);
    const known = new Map([
      ['1', { instances: 3 }],
      ['2', { instances: 2 }],
    ]);
    expect(selectionsFor({ studyInstanceUid, wanted, known, isWholeStudy: true })).toEqual([
      { studyInstanceUid, instances: 5 },
    ]);
    expect(selectionsFor({ studyInstanceUid, wanted, known, isWholeStudy: false })).toEqual([
      { studyInstanceUid, seriesInstanceUid: '1', instances: 3 },
      { studyInstanceUid, seriesInstanceUid: '2', instances: 2 },
    ]);
  });

  it('asks for exactly the instances that are missing', () => {
    const wanted = new Map([...instances('1', 2, 5), ...instances('2', 2)]);
    const known = new Map([
      ['1', { instances: 9 }],
      ['2', { instances: 2 }],
    ]);
    expect(selectionsFor({ studyInstanceUid, wanted, known, isWholeStudy: true })).toEqual([
      { studyInstanceUid, seriesInstanceUid: '1', sopInstanceUids: ['1.5', '1.6'], instances: 2 },
      { studyInstanceUid, seriesInstanceUid: '2', instances: 2 },
    ]);
  });

  it('cuts long lists', () => {
    const wanted = new Map(instances('1', 600));
    const answer = selectionsFor({
      studyInstanceUid,
      wanted,
      known: new Map([['1', { instances: 700 }]]),
      isWholeStudy: true,
    });
    expect(answer.map((each) => each.sopInstanceUids?.length)).toEqual([250, 250, 100]);
    expect(new Set(answer.flatMap((each) => each.sopInstanceUids)).size).toBe(600);
  });

  it('asks for nothing when nothing is wanted', () => {
    expect(selectionsFor({ studyInstanceUid, wanted: new Map(), known: new Map(), isWholeStudy: true })).toEqual([]);
  });
});
