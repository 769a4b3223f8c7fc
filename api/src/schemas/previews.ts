import { z } from 'zod';
import { count, reference, uid, uuid } from './common.ts';
import { rectangle } from './profiles.ts';

export const previewInput = z
  .strictObject({
    sourceId: uuid,
    studyInstanceUid: uid,
    seriesInstanceUid: uid.optional().meta({ description: 'Absent: the first series' }),
    projectId: uuid,
    profileId: z.string().max(40).optional().meta({ description: 'Absent: the one that the project names' }),
  })
  .meta({ id: 'PreviewInput' });
export type PreviewInput = z.infer<typeof previewInput>;

export const previewRow = z
  .object({
    path: z.string(),
    keyword: z.string().meta({ description: 'Empty for private and unknown attributes' }),
    vr: z.string(),
    before: z.string(),
    after: z.string(),
    outcome: z.enum(['kept', 'removed', 'emptied', 'replaced']),
    rule: z.string(),
    isListed: z.boolean().meta({ description: 'Whether the table of PS3.15 has a row for it' }),
  })
  .meta({ id: 'PreviewRow' });

const previewSeries = z.object({
  seriesInstanceUid: z.string(),
  modality: z.string(),
  seriesNumber: z.string(),
  seriesDescription: z.string(),
  numberOfInstances: count.nullable(),
});

/** What would become of one image of a series. Shows the original: not to be kept anywhere. */
export const preview = z
  .object({
    profile: reference.extend({ version: count, hash: z.string() }),
    pseudonym: z.string(),
    warnings: z.array(z.string()),
    series: z.array(previewSeries),
    chosen: z.string().meta({ description: 'Series Instance UID of the series that is shown' }),
    rows: z.array(previewRow),
    pixels: z.object({
      do: z.enum(['pass', 'mask', 'review', 'exclude']),
      risks: z.array(z.string()),
      rectangles: z.array(rectangle),
      width: count,
      height: count,
      png: z.string().nullable().meta({ description: 'Base64, of images at risk that can be shown' }),
    }),
  })
  .meta({ id: 'Preview' });
export type PreviewView = z.infer<typeof preview>;
