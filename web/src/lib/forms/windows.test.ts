import type { WeeklyWindow } from '@viaduct/domain';
import { describe, expect, test } from 'vitest';
import { cellsBetween, hoursOf, paint, tidy, WEEK, type Cell } from './windows.ts';

const nights: WeeklyWindow = { days: [1, 2, 3, 4, 5], from: '22:00', to: '06:00' };
const openIn = (weekly: readonly WeeklyWindow[]) =>
  hoursOf(weekly).map((day) => day.map((hour) => ({ open: '#', partly: '+', closed: '.' })[hour]).join(''));

test('a window over midnight opens hours of the next day', () => {
  const grid = openIn([nights]);
  expect(grid[0]).toBe('......................##');
  expect(grid[5]).toBe('######..................');
  expect(grid[6]).toBe('........................');
});

test('minutes show as an hour that is open partly', () => {
  expect(openIn([{ days: [7], from: '08:30', to: '10:00' }])[6]).toBe('........+#..............');
});

test('a window over Sunday night comes back as one', () => {
  expect(tidy([{ days: [7], from: '20:00', to: '04:00' }])).toEqual([{ days: [7], from: '20:00', to: '04:00' }]);
});

test('days with the same hours share a line', () => {
  const each = WEEK.map((day) => ({ days: [day], from: '01:00', to: '02:00' }));
  expect(tidy(each)).toEqual([{ days: [1, 2, 3, 4, 5, 6, 7], from: '01:00', to: '02:00' }]);
});

test('a whole week is 24 hours on every day', () => {
  const all = paint([], cellsBetween({ day: 1, hour: 0 }, { day: 7, hour: 23 }), true);
  expect(all).toEqual([{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '00:00' }]);
  expect(paint(all, cellsBetween({ day: 1, hour: 0 }, { day: 7, hour: 23 }), false)).toEqual([]);
});

describe('painting', () => {
  test('closes one hour in the middle of a night', () => {
    const painted = paint([nights], [{ day: 2, hour: 3 }], false);
    expect(openIn(painted)[1]).toBe('###.##................##');
  });

  test('leaves the minutes of other hours alone', () => {
    const painted = paint([{ days: [3], from: '08:20', to: '09:40' }], [{ day: 3, hour: 12 }], true);
    expect(painted).toEqual([
      { days: [3], from: '08:20', to: '09:40' },
      { days: [3], from: '12:00', to: '13:00' },
    ]);
  });

  test('gives back what was painted, whatever it is', () => {
    // A fixed sequence that looks like chance: every pattern of cells has to survive.
    let seed = 7;
    const chance = () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    for (let round = 0; round < 50; round++) {
      const share = chance();
      const cells: Cell[] = cellsBetween({ day: 1, hour: 0 }, { day: 7, hour: 23 }).filter(() => chance() < share);
      const painted = paint([], cells, true);
      const wanted = WEEK.map((day) =>
        Array.from({ length: 24 }, (_, hour) => (cells.some((c) => c.day === day && c.hour === hour) ? '#' : '.')).join(
          '',
        ),
      );
      expect(openIn(painted)).toEqual(wanted);
    }
  });
});
