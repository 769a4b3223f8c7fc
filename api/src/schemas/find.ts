import { z } from 'zod';
import { count, reference, uuid } from './common.ts';
import { jobState } from './jobs.ts';
import { jobReference } from './operate.ts';

export const findInput = z
  .strictObject({ text: z.string().trim().min(1).max(64) })
  .meta({ id: 'FindInput', description: 'In the body, since it may name a patient' });

/** A study of a job, as quick find shows it. */
const foundStudy = z
  .object({
    job: jobReference,
    taskNo: count,
    state: jobState,
    studyDate: z.string().meta({ description: 'YYYY-MM-DD, or empty' }),
    modalities: z.array(z.string()),
    studyDescription: z.string(),
  })
  .meta({ id: 'FoundStudy' });
export type FoundStudyView = z.infer<typeof foundStudy>;

/** What a text may mean; at most ten of each kind, the newest first. */
export const found = z
  .object({
    jobs: z.array(z.object({ id: uuid, number: count, title: z.string(), state: jobState })),
    studies: z
      .array(foundStudy)
      .meta({ description: 'Studies of jobs with this UID, patient ID, accession number or pseudonym' }),
    nodes: z.array(reference),
    more: z
      .object({ jobs: z.boolean(), studies: z.boolean(), nodes: z.boolean() })
      .meta({ description: 'Whether there are more than are named here' }),
  })
  .meta({ id: 'Found' });
export type FoundView = z.infer<typeof found>;
