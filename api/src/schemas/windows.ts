import { windowsProblem, type Weekday } from '@viaduct/domain';
import { z } from 'zod';
import { moment } from './common.ts';

const weekday = z.int().min(1).max(7).meta({ description: 'ISO 8601: 1 Monday … 7 Sunday' });
const wallClock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'Write a time as 22:00.', abort: true });
const isWeekday = (day: number): day is Weekday => day >= 1 && day <= 7;
const weekdays = z
  .array(weekday)
  .min(1)
  .max(7)
  .transform((days) => days.filter(isWeekday));

const ANY_WINDOW = { days: [1], from: '00:00', to: '00:00' } as const;

/** Weekly hours, with the sentence of what is wrong with them. */
export const windowsInput = z
  .strictObject({
    timeZone: z.string().max(64).meta({ description: 'IANA name, such as Europe/Berlin' }),
    weekly: z.array(z.strictObject({ days: weekdays, from: wallClock, to: wallClock })).max(100),
  })
  .superRefine((windows, context) => {
    const zone = windowsProblem({ timeZone: windows.timeZone, weekly: [ANY_WINDOW] });
    const message = zone ?? windowsProblem(windows);
    if (message) context.addIssue({ code: 'custom', path: [zone ? 'timeZone' : 'weekly'], message });
  })
  .meta({
    id: 'WindowsInput',
    description: 'A window that ends at or before its beginning ends on the next day; equal times are 24 hours.',
  });

/** Weekly hours as they are kept. */
export const windows = z
  .object({
    timeZone: z.string(),
    weekly: z.array(z.object({ days: z.array(weekday).readonly(), from: z.string(), to: z.string() })).readonly(),
  })
  .meta({ id: 'Windows' });

const atClose = z.enum(['park', 'finish']).meta({
  description: 'What happens to studies that run when the hours end: parked at the next image, or finished',
});
/** A day, ms. */
const LONGEST_OVERRUN_MS = 86_400_000;
const maxOverrunMs = z
  .int()
  .nonnegative()
  .max(LONGEST_OVERRUN_MS)
  .meta({ description: 'How long running studies may go on after the hours when they are finished, ms' });

/** When a job may be worked on; what is left out is as in "now, at any hour". */
export const scheduleInput = z
  .strictObject({
    notBefore: moment.nullable().default(null),
    windows: windowsInput.nullable().default(null),
    atClose: atClose.default('park'),
    maxOverrunMs: maxOverrunMs.default(1_800_000),
  })
  .meta({ id: 'ScheduleInput' });

/** When a job may be worked on. */
export const schedule = z
  .object({ notBefore: moment.nullable(), windows: windows.nullable(), atClose, maxOverrunMs })
  .meta({ id: 'Schedule' });
