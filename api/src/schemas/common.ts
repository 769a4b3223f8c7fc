import { isUid } from '@viaduct/domain';
import { z } from 'zod';
import 'zod-openapi';

/** A moment, ISO 8601 in UTC. */
export const moment = z.iso.datetime().meta({ description: 'ISO 8601, UTC' });
/** A calendar date, `YYYY-MM-DD`. */
export const calendarDate = z.iso.date();
/** A number of things. */
export const count = z.int().nonnegative();
export const uuid = z.uuid();
/** PS3.5 §9.1. */
export const uid = z
  .string()
  .refine(isUid, 'A unique identifier has digits and dots only, at most 64 characters.')
  .meta({
    description: 'DICOM unique identifier (PS3.5 §9.1)',
    override: { type: 'string', maxLength: 64, pattern: '^[0-9.]+$' },
  });

/** Something with a name, as other things refer to it. */
export const reference = z.object({ id: z.string(), name: z.string() }).meta({ id: 'Reference' });

/** RFC 9457, with one entry per field that was refused. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;

/** Paging by position: `cursor` is the `nextCursor` of the page before. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

/** A page of a list. `nextCursor` is null on the last one. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** Query parameters that may be given several times: one value becomes a list of one. */
export const several = <T extends z.ZodType>(item: T) =>
  z.preprocess((given) => (given === undefined || Array.isArray(given) ? given : [given]), z.array(item).optional());

/** What went wrong, in the three sentences a person reads. */
export const failure = z
  .object({ cause: z.string(), happened: z.string(), why: z.string(), todo: z.string() })
  .meta({ id: 'Failure' });
export type FailureView = z.infer<typeof failure>;
