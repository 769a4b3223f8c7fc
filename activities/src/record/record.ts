import { Context } from '@temporalio/activity';
import { chunkSize, chunkWindow, type Gates, jobGate, MAX_ACTIVE_CHUNKS, nodeGate } from '@viaduct/domain';
import * as prisma from '@viaduct/prisma';
import type { DbActivities, RunSettings } from '@viaduct/workflows/contract';
import type { Settings } from '@viaduct/configuration';
import type { Dependencies } from '../dependencies.ts';
import { toFailure } from '../failures.ts';

const HEARTBEAT_MS = 1_000;
/** Parts of one task that overlap: the next one is admitted while the last one is still being stored. */
const PART_WINDOW = 2;
const LIMITS = { maxAttempts: 20, initialDelayMs: 500, maxDelayMs: 10_000 };

/**
 * Bookkeeping: the only writers of the states of jobs and tasks. The statements are idempotent and guarded by the run
 * number; what fails here is the database, which is waited for.
 */
export function recordActivities({ database, settings }: Dependencies): DbActivities {
  const { pool } = database;
  return guarded({
    beginRun: async (run) => {
      const { state, associations, gates, isAsked } = await prisma.beginRun(pool, run);
      const sizes = runSettings(settings, associations);
      const begins = state === 'running' && !isAsked && isOpen(gates, Date.now());
      const first = begins ? await prisma.claimChunk(pool, { ...run, chunkNo: 1, size: sizes.chunkSize }) : null;
      return { state, settings: sizes, gates, first: first && { tasks: first.tasks, open: first.open } };
    },
    readGates: (run) => prisma.readGates(pool, run),
    claimChunk: (input) => prisma.claimChunk(pool, input),
    recordWait: (input) => prisma.recordWait(pool, input),
    applyJobRequest: (input) => prisma.applyJobRequest(pool, input),
    applyTasksRequest: (input) => prisma.applyTasksRequest(pool, input),
    refuseRequest: (input) => prisma.refuseRequest(pool, input),
    beginCancel: (run) => prisma.beginCancel(pool, run),
    planParts: (task) => prisma.planParts(pool, task),
    settleTask: (input) => prisma.settleTask(pool, input),
    releaseChunk: (input) => prisma.releaseChunk(pool, input),
    endRun: (input) => prisma.endRun(pool, input),
  });
}

function isOpen(gates: Gates, now: number): boolean {
  return jobGate(gates, now).open && gates.nodes.every((node) => nodeGate(node, now).open);
}

/** What a run keeps of the configuration from its beginning to its end. */
function runSettings(settings: Settings, associations: number): RunSettings {
  return {
    chunkSize: Math.min(settings.VIADUCT_CHUNK_SIZE, chunkSize()),
    maxActiveChunks: MAX_ACTIVE_CHUNKS,
    window: chunkWindow(associations),
    partWindow: PART_WINDOW,
    maxRounds: settings.VIADUCT_MAX_ROUNDS,
    heartbeatTimeoutMs: settings.VIADUCT_HEARTBEAT_TIMEOUT_MS,
    hostLostAfterMs: settings.VIADUCT_HOST_LOST_AFTER_MS,
    retryIntervalMs: settings.VIADUCT_RETRY_INTERVAL_MS,
  };
}

/** Gives every activity the failures of this room. An outage of the database is never final. */
function guarded(activities: DbActivities): DbActivities {
  const entries = Object.entries(activities) as [string, (input: never) => Promise<unknown>][];
  const wrapped = entries.map(([name, run]) => [
    name,
    async (input: never) => {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
      try {
        return await run(input);
      } catch (error) {
        throw toFailure(error, prisma.isUnavailable(error) ? 1 : context.info.attempt, LIMITS);
      } finally {
        clearInterval(beat);
      }
    },
  ]);
  const guardedActivities: unknown = Object.fromEntries(wrapped);
  return guardedActivities as DbActivities;
}
