import { z } from 'zod';
import { count, moment, pageOf, reference, uuid } from './common.ts';
import { device, rectangle } from './profiles.ts';

/** An image that waits until somebody has looked at it. */
export const heldImage = z
  .object({
    id: count,
    job: z.object({ id: uuid, number: count, title: z.string() }),
    project: reference,
    taskNo: count,
    seriesNumber: z.string(),
    seriesDescription: z.string(),
    instanceNumber: z.string(),
    device,
    risks: z.array(z.string()).meta({ description: 'Why its pixels may show who the patient is' }),
    alike: count.meta({ description: 'Other images of the same study that wait, of the same device and size' }),
    isShowable: z.boolean().meta({ description: 'false: it cannot be shown, and only be rejected' }),
    heldAt: moment,
  })
  .meta({ id: 'HeldImage' });
export type HeldImageView = z.infer<typeof heldImage>;

export const heldPage = pageOf(heldImage).extend({ total: count }).meta({ id: 'HeldPage' });

/** Shows the original: not to be kept anywhere. */
export const heldPicture = heldImage
  .extend({ png: z.string().nullable().meta({ description: 'Base64; each pixel as bright as it is in any frame' }) })
  .meta({ id: 'HeldPicture' });

export const heldDecision = z
  .strictObject({
    decision: z.enum(['approve', 'reject']),
    rectangles: z.array(rectangle).max(100).default([]).meta({ description: 'What is blackened (approve)' }),
    alike: z.boolean().default(false).meta({ description: 'Also about the images that are alike' }),
    remember: z
      .boolean()
      .default(false)
      .meta({ description: 'Make it a mask of the project’s profile, and apply it to all that waits in the project' }),
  })
  .refine(({ decision, remember }) => decision === 'approve' || !remember, {
    path: ['remember'],
    message: 'only what is approved can be remembered',
  })
  .meta({ id: 'HeldDecision' });
export type HeldDecisionInput = z.infer<typeof heldDecision>;

export const heldEffect = z
  .object({
    images: count.meta({ description: 'Images that it was about' }),
    profile: z.object({ id: z.string(), name: z.string(), version: count }).nullable(),
  })
  .meta({ id: 'HeldEffect' });
