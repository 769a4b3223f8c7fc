import { WAIT_KINDS } from '@viaduct/domain';
import { z } from 'zod';
import { moment, uuid } from './common.ts';

/** Why something does not move. */
export const wait = z
  .object({
    kind: z.enum(WAIT_KINDS),
    text: z.string().meta({ description: 'A sentence, without its end: that stands in `until`' }),
    until: moment.nullable().meta({ description: 'When it ends or is tried again, where that is known' }),
    since: moment.nullable().meta({ description: 'Since when a person holds it, or the node' }),
    nodeId: uuid.nullable().meta({ description: 'The node it is about' }),
  })
  .meta({ id: 'Wait' });
export type WaitView = z.infer<typeof wait>;
