import { z } from 'zod';
import { count, failure, moment, uuid } from './common.ts';

const name = z.string().trim().min(1).max(100);
/** PS3.5 §6.2, VR AE: 1–16 printable characters without backslash. */
const aeTitle = z
  .string()
  .trim()
  .min(1)
  .max(16)
  .regex(/^[\x20-\x5b\x5d-\x7e]+$/, 'printable ASCII without backslash');
const milliseconds = z.int().min(100).max(3_600_000);

const common = {
  name,
  notes: z.string().max(5_000).optional(),
  maySource: z.boolean().optional(),
  mayDestination: z.boolean().optional(),
  suspended: z.boolean().optional(),
  suspendedReason: z.string().max(500).nullable().optional(),
};

const limits = {
  callingAeTitle: aeTitle.nullable().optional(),
  retrieveMethod: z.enum(['c-get', 'c-move']).optional(),
  maxAssociations: z.int().min(1).max(64).optional(),
  connectTimeoutMs: milliseconds.optional(),
  associationTimeoutMs: milliseconds.optional(),
  responseTimeoutMs: milliseconds.optional(),
  idleTimeoutMs: milliseconds.optional(),
};

const address = { aeTitle, host: z.string().trim().min(1).max(253), port: z.int().min(1).max(65535) };
const folderPath = z.string().trim().min(1).max(1_000);

export const serverInput = z.strictObject({ kind: z.literal('server'), ...common, ...address, ...limits });
export const folderInput = z.strictObject({ kind: z.literal('folder'), ...common, path: folderPath });

/** A node to be created: a DICOM server or a folder. */
export const nodeInput = z.discriminatedUnion('kind', [serverInput, folderInput]).meta({ id: 'NodeInput' });
export type NodeInput = z.infer<typeof nodeInput>;

/** The fields of a node that shall change; its kind stays. */
export const nodePatch = z
  .strictObject({ ...common, ...address, ...limits, path: folderPath })
  .partial()
  .meta({ id: 'NodePatch' });
export type NodePatch = z.infer<typeof nodePatch>;

export const node = z
  .object({
    id: uuid,
    number: count,
    kind: z.enum(['server', 'folder']),
    name: z.string(),
    notes: z.string(),
    maySource: z.boolean(),
    mayDestination: z.boolean(),
    aeTitle: z.string().nullable(),
    host: z.string().nullable(),
    port: z.int().nullable(),
    callingAeTitle: z.string().nullable(),
    retrieveMethod: z.enum(['c-get', 'c-move']),
    maxAssociations: count,
    connectTimeoutMs: count,
    associationTimeoutMs: count,
    responseTimeoutMs: count,
    idleTimeoutMs: count,
    path: z.string().nullable(),
    suspended: z.boolean(),
    suspendedReason: z.string().nullable(),
    lastContactAt: moment.nullable(),
    lastCause: z.string().nullable(),
    lastCauseAt: moment.nullable(),
    createdAt: moment,
    updatedAt: moment,
    health: z.object({
      state: z.enum(['up', 'down', 'unknown']),
      at: moment.nullable(),
      sentence: z.string(),
    }),
    load: z.object({ used: count, of: count }).meta({ description: 'Associations open now, of those allowed' }),
  })
  .meta({ id: 'Node' });
export type NodeView = z.infer<typeof node>;

/** What a test found, step by step. */
export const nodeTest = z
  .object({
    ok: z.boolean(),
    steps: z.array(
      z.object({
        step: z.enum(['resolve', 'connect', 'associate', 'echo', 'folder']),
        ok: z.boolean(),
        ms: z.number().nonnegative(),
        message: z.string().optional(),
      }),
    ),
    cause: z.string().optional(),
    sentence: z.string().optional(),
    failure: failure.optional(),
  })
  .meta({ id: 'NodeTest' });
export type NodeTestView = z.infer<typeof nodeTest>;
