import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { windowsProblem, windowState, type Weekday, type Windows } from './windows.ts';

const EVERY_DAY: Weekday[] = [1, 2, 3, 4, 5, 6, 7];
const at = (instant: string) => Date.parse(instant);
const windows = (timeZone: string, days: Weekday[], from: string, to: string): Windows => ({
  timeZone,
  weekly: [{ days, from, to }],
});
const closes = (instant: string) => ({ open: true, closesAt: at(instant) });
const opens = (instant: string) => ({ open: false, opensAt: at(instant) });

describe('a window of one day', () => {
  test.each(EVERY_DAY)('opens and closes on weekday %i and on no other', (day) => {
    // 2026-06-01 is a Monday.
    const date = `2026-06-0${day}`;
    const state = (instant: string) => windowState(windows('UTC', [day], '08:00', '17:30'), at(instant));
    expect(state(`${date}T07:59:59Z`)).toEqual(opens(`${date}T08:00:00Z`));
    expect(state(`${date}T08:00:00Z`)).toEqual(closes(`${date}T17:30:00Z`));
    expect(state(`${date}T17:29:59Z`)).toEqual(closes(`${date}T17:30:00Z`));
    const nextWeek = new Date(at(`${date}T08:00:00Z`) + 7 * 86_400_000).toISOString();
    expect(state(`${date}T17:30:00Z`)).toEqual(opens(nextWeek));
  });
});

test('every combination of weekdays is open on exactly its days', () => {
  for (let combination = 1; combination < 128; combination++) {
    const days = EVERY_DAY.filter((day) => combination & (1 << (day - 1)));
    const open = EVERY_DAY.filter(
      (day) => windowState(windows('Europe/Berlin', days, '09:00', '10:00'), at(`2026-06-0${day}T07:30:00Z`)).open,
    );
    expect(open).toEqual(days);
  }
});

test('a window over midnight belongs to the day on which it opens', () => {
  const friday = windows('UTC', [5], '22:00', '06:00');
  expect(windowState(friday, at('2026-06-05T23:00:00Z'))).toEqual(closes('2026-06-06T06:00:00Z'));
  expect(windowState(friday, at('2026-06-06T05:59:00Z'))).toEqual(closes('2026-06-06T06:00:00Z'));
  expect(windowState(friday, at('2026-06-05T05:00:00Z'))).toEqual(opens('2026-06-05T22:00:00Z'));
});

test('windows that touch or overlap are one', () => {
  const weekend: Windows = {
    timeZone: 'UTC',
    weekly: [
      { days: [6], from: '00:00', to: '00:00' },
      { days: [7], from: '00:00', to: '12:00' },
      { days: [7], from: '10:00', to: '15:00' },
    ],
  };
  expect(windowState(weekend, at('2026-06-06T01:00:00Z'))).toEqual(closes('2026-06-07T15:00:00Z'));
});

test('all hours of all days never close', () => {
  const always = windows('America/New_York', EVERY_DAY, '00:00', '00:00');
  expect(windowState(always, at('2026-11-01T05:30:00Z'))).toEqual({ open: true, closesAt: null });
});

test('no window never opens', () => {
  expect(windowState({ timeZone: 'UTC', weekly: [] }, at('2026-06-01T00:00:00Z'))).toEqual({
    open: false,
    opensAt: null,
  });
});

/** Nights of the two changes of 2026 in three zones: [zone, inside the night, its opening, its end]; 22:00 to 06:00. */
test.each([
  ['Europe/Berlin', '2026-03-29T00:30:00Z', '2026-03-29T04:00:00Z', '7 hours'],
  ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T05:00:00Z', '9 hours'],
  ['America/New_York', '2026-03-08T06:30:00Z', '2026-03-08T10:00:00Z', '7 hours'],
  ['America/New_York', '2026-11-01T05:30:00Z', '2026-11-01T11:00:00Z', '9 hours'],
  ['Australia/Lord_Howe', '2026-10-03T14:00:00Z', '2026-10-03T19:00:00Z', '7 h 30 min'],
  ['Australia/Lord_Howe', '2026-04-04T14:00:00Z', '2026-04-04T19:30:00Z', '8 h 30 min'],
])('in %s the night of %s ends at %s (%s)', (zone, inside, end) => {
  expect(windowState(windows(zone, EVERY_DAY, '22:00', '06:00'), at(inside))).toEqual(closes(end));
});

test('an opening inside the skipped hour is taken behind the gap', () => {
  const night = windows('Europe/Berlin', EVERY_DAY, '02:30', '06:00');
  expect(windowState(night, at('2026-03-29T01:00:00Z'))).toEqual(opens('2026-03-29T01:30:00Z'));
});

test('an end inside the repeated hour is its first occurrence', () => {
  const night = windows('Europe/Berlin', EVERY_DAY, '22:00', '02:30');
  expect(windowState(night, at('2026-10-24T23:00:00Z'))).toEqual(closes('2026-10-25T00:30:00Z'));
});

const anyTime = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
const anyWindows: fc.Arbitrary<Windows> = fc.record({
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
  weekly: fc.array(
    fc.record({
      days: fc.uniqueArray(fc.constantFrom<Weekday>(1, 2, 3, 4, 5, 6, 7), { minLength: 1 }),
      from: anyTime,
      to: anyTime,
    }),
    { minLength: 1, maxLength: 4 },
  ),
});
const anyInstant = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') });

test('what is announced happens: the state changes at the instant that was named, and not before', () => {
  fc.assert(
    fc.property(anyWindows, anyInstant, (some, now) => {
      const state = windowState(some, now);
      const change = state.open ? state.closesAt : state.opensAt;
      if (change === null) return;
      expect(change).toBeGreaterThan(now);
      expect(windowState(some, change).open).toBe(!state.open);
      expect(windowState(some, change - 1).open).toBe(state.open);
    }),
    { numRuns: 300 },
  );
});

test.each([
  [{ timeZone: 'Mars/Olympus', weekly: [{ days: [1], from: '08:00', to: '09:00' }] }, 'time zone'],
  [{ timeZone: 'UTC', weekly: [] }, 'at least one window'],
  [{ timeZone: 'UTC', weekly: [{ days: [], from: '08:00', to: '09:00' }] }, 'at least one day'],
  [{ timeZone: 'UTC', weekly: [{ days: [1], from: '8:00', to: '24:00' }] }, 'HH:MM'],
] as const)('%j is refused', (some, words) => {
  expect(windowsProblem(some)).toContain(words);
});
