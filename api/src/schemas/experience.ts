import { z } from 'zod';
import { count, uuid } from './common.ts';

/** What recent transfers from a server were like: what the next ones may be compared with. */
const nodeExperience = z
  .object({
    nodeId: uuid,
    imagesPerSecond: z
      .number()
      .positive()
      .nullable()
      .meta({ description: 'Images that came through while anything of it was worked on; null: not known' }),
    sizes: z
      .array(z.object({ modalities: z.array(z.string()), imageBytes: count }))
      .meta({ description: 'Bytes of an image on average, by the modalities of its study' }),
  })
  .meta({ id: 'NodeExperience' });
export type NodeExperienceView = z.infer<typeof nodeExperience>;

export const experience = z.object({ items: z.array(nodeExperience) });
