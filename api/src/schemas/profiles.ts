import { z } from 'zod';
import { count, moment, reference } from './common.ts';

const text = z.string().max(1_000);
const whole = z.int().min(0);

const rule = z
  .strictObject({
    match: z.strictObject({
      attribute: text.optional().meta({ description: 'Keyword of PS3.6, or a tag as 8 hex digits with x for any' }),
      module: text
        .optional()
        .meta({ description: 'Module of PS3.3, such as General Study: its attributes at the top level' }),
      privateCreator: text.optional(),
      vr: text.optional(),
    }),
    action: z.discriminatedUnion('do', [
      z.strictObject({ do: z.enum(['keep', 'remove', 'empty', 'hash', 'shift', 'clean', 'dummy']) }),
      z.strictObject({ do: z.literal('replace'), with: text }),
      z.strictObject({ do: z.literal('substitute'), pattern: text, with: text }),
    ]),
  })
  .meta({ id: 'ProfileRule' });

export const rectangle = z
  .strictObject({ x: whole, y: whole, width: whole, height: whole })
  .meta({ id: 'Rectangle', description: 'In pixels; the corner at the top left is 0, 0' });

export const device = z
  .strictObject({
    modality: text.optional(),
    manufacturer: text.optional(),
    model: text.optional(),
    sopClassUID: text.optional(),
    rows: whole.optional(),
    columns: whole.optional(),
  })
  .meta({ id: 'DeviceSignature' });

const maskRule = z
  .strictObject({
    device,
    rectangles: z.array(rectangle).max(100),
  })
  .meta({ id: 'MaskRule' });

/** A profile as the engine reads it. `version` is the one that it was made from. */
export const profileContent = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'Lower-case letters, digits and hyphens, at most 40.'),
    name: z.string().trim().min(1).max(100),
    version: whole.default(0),
    description: text.default(''),
    options: z.strictObject({
      dates: z.enum(['remove', 'shift', 'keep']),
      descriptors: z.enum(['remove', 'clean', 'keep']),
      retainUIDs: z.boolean(),
      retainDeviceIdentity: z.boolean(),
      retainInstitutionIdentity: z.boolean(),
      retainPatientCharacteristics: z.boolean(),
      retainSafePrivate: z.boolean(),
      cleanStructuredContent: z.boolean(),
      cleanGraphics: z.boolean(),
    }),
    maximumAge: whole.nullable().meta({ description: 'Ages above become the next year; null leaves them' }),
    identifiers: z.enum(['empty', 'derive']),
    documents: z.enum(['replace', 'refuse']),
    descriptors: z.strictObject({ terms: z.array(text).max(5_000), patterns: z.array(text).max(200) }),
    safePrivate: z.array(z.strictObject({ creator: text, group: whole, element: whole, vr: text })).max(1_000),
    rules: z.array(rule).max(1_000).meta({ description: 'Beside the table of PS3.15; the first that fits wins' }),
    pixels: z.strictObject({
      atRisk: z.enum(['review', 'exclude', 'mask', 'pass']),
      masks: z.array(maskRule).max(1_000),
    }),
  })
  .meta({ id: 'ProfileContent' });

const stamp = {
  version: count,
  hash: z.string().meta({ description: 'Of what it does, as (0012,0063) carries it' }),
  createdAt: moment,
};

/** A profile as lists show it. */
export const profileRow = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    builtIn: z.boolean(),
    ...stamp,
    dates: profileContent.shape.options.shape.dates,
    warnings: z.array(z.string()).meta({ description: 'Where it protects less than the Basic Profile' }),
    projects: z.array(reference).meta({ description: 'The projects that name it' }),
  })
  .meta({ id: 'ProfileRow' });
export type ProfileRowView = z.infer<typeof profileRow>;

/** One version of a profile. */
export const profile = profileRow
  .extend({
    content: profileContent,
    versions: z.array(z.object({ ...stamp, by: z.string().nullable() })),
    modules: z.array(z.string()).meta({ description: 'Modules of PS3.3 that rules can name' }),
  })
  .meta({ id: 'Profile' });
export type ProfileView = z.infer<typeof profile>;

/** What is to be said of a profile before it is saved. */
export const profileCheck = z.object({ warnings: z.array(z.string()) }).meta({ id: 'ProfileCheck' });
