import { z } from 'zod';
import { count, moment, uuid } from './common.ts';

const fields = {
  name: z.string().trim().min(1).max(100),
  /** (0012,0020), VR LO. */
  trialProtocolId: z.string().trim().max(64),
  /** (0012,0021), VR LO. */
  trialProtocolName: z.string().trim().max(64),
  dates: z
    .enum(['shift', 'keep', 'remove'])
    .meta({ description: 'What becomes of dates: shifted per patient, kept, or removed' }),
};

export const projectInput = z
  .strictObject({
    ...fields,
    trialProtocolId: fields.trialProtocolId.default(''),
    trialProtocolName: fields.trialProtocolName.default(''),
    dates: fields.dates.default('shift'),
  })
  .meta({ id: 'ProjectInput' });

/** How dates are treated cannot change once a project exists: its pseudonyms would no longer agree. */
export const projectPatch = z
  .strictObject({
    name: fields.name,
    trialProtocolId: fields.trialProtocolId,
    trialProtocolName: fields.trialProtocolName,
  })
  .partial()
  .meta({ id: 'ProjectPatch' });

/** A project as everyone sees it. Its key never leaves the server. */
export const project = z
  .object({ id: uuid, number: count, ...fields, createdAt: moment, jobs: count })
  .meta({ id: 'Project' });
export type ProjectView = z.infer<typeof project>;
