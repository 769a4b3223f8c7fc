import { ApplicationFailure } from '@temporalio/common';
import { ALWAYS } from '@viaduct/domain';
import { describe, expect, test } from 'vitest';
import type { World } from './harness/activities.ts';
import { DAY, daily, HOUR, hoursOf, january, MINUTE, nightly, repeated } from './harness/calendar.ts';
import type { Moment } from './harness/ledger.ts';
import { chunk, JOB, scene } from './harness/scene.ts';

const STEP_MS = 15 * MINUTE;

/** Instances per night, named by the local date of its evening. */
function byNight(moments: readonly Moment[], timeZone: string): Map<string, number> {
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  return moments.reduce((nights, { at }) => {
    const night = day.format(at - 12 * HOUR);
    return nights.set(night, (nights.get(night) ?? 0) + 1);
  }, new Map<string, number>());
}

describe('a week in which the clocks change, worked through from 22:00 to 06:00 only', () => {
  test.each([
    // Begin of the week; the night of the change and how long it is.
    ['Europe/Berlin', '2026-03-25', '2026-03-28', 7],
    ['Europe/Berlin', '2026-10-21', '2026-10-24', 9],
    ['America/New_York', '2026-03-04', '2026-03-07', 7],
    ['America/New_York', '2026-10-28', '2026-10-31', 9],
    ['Australia/Lord_Howe', '2026-10-01', '2026-10-03', 7.5],
    ['Australia/Lord_Howe', '2026-04-01', '2026-04-04', 8.5],
  ])('%s, from %s on', async (timeZone, begin, changing, hours) => {
    const now = Date.parse(`${begin}T12:00:00Z`);
    await using stage = await scene({
      ...{ now, instances: 100_000, partMs: 200_000 * STEP_MS },
      gates: { schedule: { ...ALWAYS, windows: daily('22:00', '06:00', timeZone) } },
    });
    const { harness, house } = stage;
    await harness.pass(7 * DAY);

    const hour = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' });
    // What ends at 06:00 sharp was done before.
    const worked = new Set(house.retrieved.map(({ at }) => Number(hour.format(at - 1))));
    expect([...worked].every((each) => each >= 22 || each < 6)).toBe(true);
    expect(repeated(house.retrieved)).toEqual([]);
    const nights = byNight(house.retrieved, timeZone);
    // The first instance of a night begins a moment after 22:00, so that the last one is not ready at 06:00.
    const perNight = (length: number) => (length * HOUR) / STEP_MS - 1;
    expect(nights.get(changing)).toBe(perNight(hours));
    nights.delete(changing);
    expect([...nights.values()].slice(1, -1)).toEqual(Array(nights.size - 2).fill(perNight(8)));
    expect(nights.size).toBeGreaterThanOrEqual(6);
    expect(house.count('failure')).toBe(0);
  });
});

describe('a link that is reset at 03:00 every night', () => {
  const nextReset = (now: number) => {
    const today = Math.floor(now / DAY) * DAY + 3 * HOUR;
    return today > now ? today : today + DAY;
  };

  test.each([
    ['at any hour', ALWAYS, 8],
    ['from 22:00 to 06:00', nightly('22:00', '06:00'), 24],
  ])('does not keep a job of a week from its end, %s', async (_name, schedule, most) => {
    const resets: number[] = [];
    const broken = (world: World): World => ({
      ...world,
      sleep: async (ms) => {
        const reset = nextReset(world.now());
        if (world.now() + ms < reset) return world.sleep(ms);
        await world.sleep(reset - world.now());
        resets.push(reset);
        throw ApplicationFailure.create({ type: 'aborted-by-peer', nextRetryDelay: MINUTE });
      },
    });
    await using stage = await scene(
      {
        instances: 112,
        partMs: 56 * HOUR * (schedule === ALWAYS ? 3 : 1),
        now: january(4, '20:00'),
        tasks: 2,
        gates: { schedule },
      },
      ({ mocks }) => {
        const { retrievePart, storePart } = mocks;
        mocks.retrievePart = (part, world) => retrievePart(part, broken(world));
        mocks.storePart = (part, world) => storePart(part, broken(world));
      },
    );
    const { harness, house } = stage;
    expect(await harness.closed(JOB)).toBe('completed');
    expect(harness.clock.now - january(4, '20:00')).toBeGreaterThan(6.5 * DAY);
    expect(house.count('success')).toBe(2);
    expect(repeated(house.retrieved)).toEqual([]);
    // One break per step that runs at 03:00, each followed by one further attempt.
    expect(new Set(resets).size).toBeGreaterThanOrEqual(6);
    expect(resets.length).toBeLessThanOrEqual(new Set(resets).size * 4);
    if (schedule !== ALWAYS) expect(hoursOf(house.retrieved)).toEqual([0, 1, 2, 3, 4, 5, 22, 23]);
    const chunks = Array.from({ length: 8 }, (_, index) => chunk(index + 1));
    expect(
      chunks.flatMap((id) => harness.activitiesOf(id)).filter((name) => name === 'storePart').length,
    ).toBeLessThanOrEqual(most);
  });
});
