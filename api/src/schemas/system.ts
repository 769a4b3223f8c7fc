import { z } from 'zod';
import { count, moment, uuid } from './common.ts';

/** A worker host and its receiver, in the form a PACS administrator needs. */
export const worker = z
  .object({
    host: z.string(),
    aeTitle: z.string(),
    address: z.string(),
    port: count,
    up: z.boolean(),
    lastSeen: moment,
    startedAt: moment,
    spoolFreeBytes: count,
  })
  .meta({ id: 'Worker' });
export type WorkerView = z.infer<typeof worker>;
export const workerList = z.object({ items: z.array(worker) });

export const health = z.object({ ok: z.literal(true), version: z.string() }).meta({ id: 'Health' });

const check = z.object({ ok: z.boolean(), detail: z.string() });
/** What readiness has really asked. */
export const readiness = z
  .object({
    ok: z.boolean(),
    checks: z.object({ database: check, temporal: check, worker: check, receiver: check }),
  })
  .meta({ id: 'Readiness' });
export type ReadinessView = z.infer<typeof readiness>;

export const eventsQuery = z.object({ job: uuid.optional() });
/** The browser sends the id of the last event it has seen when it connects again. */
export const eventsHeaders = z.object({ 'last-event-id': z.string().max(40).optional() });
