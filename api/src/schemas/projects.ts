import { z } from 'zod';
import { count, moment, uuid } from './common.ts';

const fields = {
  name: z.string().trim().min(1).max(100),
  /** (0012,0020), VR LO. */
  trialProtocolId: z.string().trim().max(64),
  /** (0012,0021), VR LO. */
  trialProtocolName: z.string().trim().max(64),
  profileId: z.string().max(40).meta({ description: 'The profile that its studies are de-identified with' }),
};

export const projectInput = z
  .strictObject({
    ...fields,
    trialProtocolId: fields.trialProtocolId.default(''),
    trialProtocolName: fields.trialProtocolName.default(''),
    profileId: fields.profileId.default('research'),
  })
  .meta({ id: 'ProjectInput' });

/** Another profile is for studies that have not begun; the same patient keeps pseudonym and shift of dates under it. */
export const projectPatch = z.strictObject(fields).partial().meta({ id: 'ProjectPatch' });

/** A project as everyone sees it. Its key never leaves the server. */
export const project = z
  .object({ id: uuid, number: count, ...fields, createdAt: moment, jobs: count })
  .meta({ id: 'Project' });
export type ProjectView = z.infer<typeof project>;
