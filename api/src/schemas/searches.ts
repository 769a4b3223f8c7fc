import { z } from 'zod';
import { calendarDate, count, moment, uid, uuid } from './common.ts';

/** Text to be matched by the source; `*` and `?` are its wildcards (PS3.4 §C.2.2.2.4), a backslash would be a list. */
const matching = z
  .string()
  .trim()
  .max(64)
  .regex(/^[^\\\p{Cc}]*$/u, 'No backslash and no control characters.');

/** What to look for; a criterion that is left out matches everything. */
export const searchInput = z
  .strictObject({
    sourceIds: z.array(uuid).min(1).max(16),
    patientId: matching.optional(),
    patientName: matching.optional(),
    birthDate: calendarDate.optional(),
    studyDateFrom: calendarDate.optional(),
    studyDateUntil: calendarDate.optional(),
    modalities: z
      .array(z.string().regex(/^[A-Z0-9]{1,16}$/, 'Write modalities as CT, MR.'))
      .max(16)
      .optional(),
    accessionNumber: matching.optional(),
    studyDescription: matching.optional(),
    studyInstanceUid: uid.optional(),
    fresh: z.boolean().optional().meta({ description: 'Ask the servers, also what they have just answered' }),
  })
  .refine(({ studyDateFrom: from, studyDateUntil: until }) => !from || !until || from <= until, {
    path: ['studyDateUntil'],
    message: 'The range ends before it begins.',
  })
  .meta({ id: 'SearchInput' });
export type SearchInput = z.infer<typeof searchInput>;

export const study = z
  .object({
    nodeId: uuid,
    studyInstanceUid: z.string(),
    patientId: z.string(),
    patientName: z.string(),
    patientBirthDate: z.string().meta({ description: 'YYYY-MM-DD, or empty' }),
    patientSex: z.string(),
    studyDate: z.string().meta({ description: 'YYYY-MM-DD, or empty' }),
    studyTime: z.string().meta({ description: 'HH:MM, or empty' }),
    modalities: z.array(z.string()),
    studyDescription: z.string(),
    accessionNumber: z.string(),
    numberOfSeries: count.nullable(),
    numberOfInstances: count.nullable(),
  })
  .meta({ id: 'Study' });
export type StudyView = z.infer<typeof study>;

export const searchSource = z
  .object({
    nodeId: uuid,
    state: z.enum(['searching', 'done', 'failed', 'stopped', 'capped']),
    count,
    ms: count,
    sentence: z.string().optional(),
    retrievedAt: moment.optional().meta({ description: 'It was not asked again: it said this then' }),
  })
  .meta({ id: 'SearchSource' });
export type SearchSourceView = z.infer<typeof searchSource>;

/** A search as it stands: at most the 200 newest studies, newest first. */
export const search = z
  .object({
    id: uuid,
    state: z.enum(['searching', 'done', 'stopped']),
    capped: z.boolean().meta({ description: 'More studies exist than are listed' }),
    sources: z.array(searchSource),
    studies: z.array(study),
  })
  .meta({ id: 'Search' });
export type SearchView = z.infer<typeof search>;

export const searchCreated = z.object({ id: uuid }).meta({ id: 'SearchCreated' });

/** The last event of a search's stream. */
export const searchDone = z
  .object({ state: z.enum(['done', 'stopped']), capped: z.boolean() })
  .meta({ id: 'SearchDone' });
export type SearchDoneView = z.infer<typeof searchDone>;

export const series = z
  .object({
    seriesInstanceUid: z.string(),
    seriesNumber: z.string(),
    modality: z.string(),
    seriesDescription: z.string(),
    numberOfInstances: count.nullable(),
  })
  .meta({ id: 'Series' });
export type SeriesView = z.infer<typeof series>;
export const seriesList = z.object({ items: z.array(series) });
