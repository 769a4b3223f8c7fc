import { QUIRK_NAMES } from '@viaduct/domain';
import { z } from 'zod';
import { count, failure, moment, reference, uuid } from './common.ts';
import { dicomTimeouts, queryCharacterSet, tls, webFace, webSecret } from './nodeFields.ts';
import { windows, windowsInput } from './windows.ts';

const name = z.string().trim().min(1).max(100);
/** PS3.5 §6.2, VR AE: 1–16 printable characters without backslash. */
const aeTitle = z
  .string()
  .trim()
  .min(1)
  .max(16)
  .regex(/^[\x20-\x5b\x5d-\x7e]+$/, 'Letters, digits and signs of plain ASCII only, no backslash.');

const quirks = z.array(z.enum(QUIRK_NAMES)).max(QUIRK_NAMES.length);
const common = {
  name,
  notes: z.string().max(5_000).optional(),
  maySource: z.boolean().optional(),
  mayDestination: z.boolean().optional(),
  windows: windowsInput.nullable().optional().meta({ description: 'When it may be worked with; null: always' }),
  probe: z.boolean().optional().meta({ description: 'Whether it is asked for a sign of life while it is idle' }),
};

const limits = {
  callingAeTitle: aeTitle.nullable().optional(),
  retrieveMethod: z.enum(['c-get', 'c-move']).optional(),
  maxAssociations: z.int().min(1).max(64).optional(),
  requestsPerMinute: z.int().min(1).max(100_000).nullable().optional(),
  megabytesPerSecond: z
    .number()
    .min(0.1)
    .max(100_000)
    .nullable()
    .optional()
    .meta({ description: 'To it and from it together, 1 MB is 1,000,000 bytes; null: not limited' }),
  queryCharacterSet: queryCharacterSet.nullable().optional(),
  quirks: quirks.optional().meta({ description: 'What it is known to do otherwise than the standard says' }),
  ...dicomTimeouts,
};

const address = {
  aeTitle: aeTitle.nullable(),
  host: z.string().trim().min(1).max(253).nullable(),
  port: z.int().min(1).max(65535).nullable(),
};
const folderPath = z.string().trim().min(1).max(1_000);
const face = {
  ...z.object(address).partial().shape,
  face: z.enum(['dimse', 'web']).optional().meta({ description: 'Which face work uses where there are both' }),
  ...tls,
  ...webFace,
  webAuthSecret: webSecret,
};

/** A DICOM server: with a DIMSE face (AE title, host and port), a DICOMweb face (root URL), or both. */
export const serverInput = z.strictObject({ kind: z.literal('server'), ...common, ...face, ...limits });
export const folderInput = z.strictObject({ kind: z.literal('folder'), ...common, path: folderPath });

/** A node to be created: a DICOM server or a folder. */
export const nodeInput = z.discriminatedUnion('kind', [serverInput, folderInput]).meta({ id: 'NodeInput' });
export type NodeInput = z.infer<typeof nodeInput>;

/** The fields of a node that shall change; its kind stays. */
export const nodePatch = z
  .strictObject({ ...common, ...face, ...limits, path: folderPath })
  .partial()
  .meta({ id: 'NodePatch' });
export type NodePatch = z.infer<typeof nodePatch>;

export const suspension = z
  .strictObject({ reason: z.string().trim().min(1).max(500).meta({ description: 'Shown wherever work waits for it' }) })
  .meta({ id: 'Suspension' });

/** Whether something is open now, and when that changes by itself. */
export const gateNow = z
  .object({
    open: z.boolean(),
    changesAt: moment.nullable().meta({ description: 'When it closes, or opens next; null: not within a week' }),
    text: z.string(),
  })
  .meta({ id: 'Gate' });

const load = z.object({
  used: count,
  of: count,
  allowed: count.meta({ description: 'How many may be open now: fewer while it refuses, breaks off or is slow' }),
  jobs: z.array(z.object({ id: uuid, number: count, used: count })).meta({ description: 'Which jobs use them' }),
  requests: count.nullable().meta({ description: 'Requests in the last minute; null: not limited, so not counted' }),
});

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
    requestsPerMinute: count.nullable(),
    megabytesPerSecond: z.number().positive().nullable(),
    queryCharacterSet: z.string().nullable(),
    quirks,
    connectTimeoutMs: count,
    associationTimeoutMs: count,
    responseTimeoutMs: count,
    idleTimeoutMs: count,
    face: z.enum(['dimse', 'web']).meta({ description: 'The face that work uses where there are both' }),
    tls: z.boolean(),
    tlsCa: z.string().nullable(),
    tlsCertificate: z.string().nullable(),
    tlsKey: z.string().nullable(),
    tlsServerName: z.string().nullable(),
    webUrl: z.string().nullable(),
    webQidoPrefix: z.string(),
    webWadoPrefix: z.string(),
    webStowPrefix: z.string(),
    webAuth: z.enum(['none', 'basic', 'bearer', 'oauth2', 'header']),
    webAuthName: z.string().nullable(),
    webAuthTokenUrl: z.string().nullable(),
    hasWebAuthSecret: z.boolean().meta({ description: 'The secret itself is never shown' }),
    path: z.string().nullable(),
    windows: windows.nullable(),
    suspended: z.boolean(),
    suspendedReason: z.string().nullable(),
    suspendedBy: z
      .string()
      .nullable()
      .meta({ description: 'A person, or Viaduct: then it is resumed when it answers' }),
    suspendedAt: moment.nullable(),
    probe: z.boolean(),
    lastAskedAt: moment.nullable(),
    createdAt: moment,
    updatedAt: moment,
    health: z.object({
      state: z.enum(['ok', 'failing', 'unknown', 'suspended']),
      since: moment.nullable().meta({ description: 'When it answered last, failed last, or was suspended' }),
      text: z.string(),
      failure: failure.nullable().meta({ description: 'The last error, also when it has answered since' }),
      failedAt: moment.nullable(),
      tolerates: count
        .nullable()
        .meta({ description: 'Further vain contacts after which Viaduct suspends it; null: it does not fail' }),
    }),
    load: load.meta({ description: 'Associations open now, of those allowed' }),
    gate: gateNow,
    openJobs: count.meta({ description: 'Jobs with open studies that come from it or go to it' }),
  })
  .meta({ id: 'Node' });
export type NodeView = z.infer<typeof node>;

export const nodeList = z.object({
  items: z.array(node),
  probeMinutes: z.number().nonnegative().meta({ description: 'How often idle nodes are asked; 0: never' }),
});

/** A node as it stands in select boxes and on the window clock. */
export const nodeClock = z.object({ node: reference, gate: gateNow }).meta({ id: 'NodeClock' });

/** What a test of a face of a server, or of a folder, found, step by step. */
export const faceTest = z
  .object({
    face: z.enum(['dimse', 'web', 'folder']),
    ok: z.boolean(),
    steps: z.array(
      z.object({
        step: z.enum(['resolve', 'connect', 'associate', 'echo', 'search', 'folder']),
        ok: z.boolean(),
        ms: z.number().nonnegative(),
        message: z.string().optional(),
      }),
    ),
    sentence: z.string().optional().meta({ description: 'Why it failed and what to do about it' }),
    failure: failure.optional(),
  })
  .meta({ id: 'FaceTest' });
/** What a test of a node found. */
export const nodeTest = z
  .object({
    ok: z.boolean(),
    faces: z.array(faceTest).meta({ description: 'The face that work uses first; empty when it was not asked' }),
    sentence: z.string().optional().meta({ description: 'Why it was not asked' }),
  })
  .meta({ id: 'NodeTest' });
/** What came of letting a server send a small series to each receiver (C-MOVE). */
export const moveTest = z
  .object({
    ok: z.boolean().meta({ description: 'Each receiver got all that was asked for' }),
    receivers: z.array(
      z.object({
        host: z.string(),
        aeTitle: z.string(),
        address: z.string(),
        port: count,
        ok: z.boolean(),
        sentence: z.string().meta({ description: 'What happened, and what to do about it' }),
        failure: failure.optional(),
      }),
    ),
  })
  .meta({ id: 'MoveTest' });
export type MoveTestView = z.infer<typeof moveTest>;
export type NodeTestView = z.infer<typeof nodeTest>;
