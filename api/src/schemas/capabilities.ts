import { z } from 'zod';
import { moment } from './common.ts';

const roots = z.array(z.enum(['patient', 'study']));
const named = z.object({ uid: z.string(), name: z.string() });

/** What a server was found to accept, by its DICOM face. */
export const nodeCapabilities = z
  .object({
    probedAt: moment.nullable().meta({ description: 'null: nobody has looked yet' }),
    services: z
      .object({
        verification: z.boolean(),
        find: roots,
        get: roots,
        move: roots,
        storageCommitment: z.boolean(),
      })
      .meta({ description: 'C-FIND, C-GET and C-MOVE by the roots of their information models (PS3.4 §C.6)' }),
    storage: z
      .array(named.extend({ transferSyntaxes: z.array(named) }))
      .meta({ description: 'SOP classes that it stores, each with its transfer syntaxes' }),
  })
  .meta({ id: 'NodeCapabilities' });
export type NodeCapabilitiesView = z.infer<typeof nodeCapabilities>;
