import { setTimeout as delay } from 'node:timers/promises';
import { waitForSlot } from '@viaduct/pacs';
import { hostPart, instancesOf } from '@viaduct/prisma';
import type { Admission, PartRef, Timed } from '@viaduct/workflows/contract';
import type { Dependencies } from '../dependencies.ts';
import { StepError } from '../failures.ts';
import { partName } from '../part/openParts.ts';
import { callOf, runStep, type StepRun } from '../step.ts';

/** Assumed size of an instance of which nobody has told the size (bytes). */
const USUAL_INSTANCE_BYTES = 1024 * 1024;
const SPACE_PAUSE_MS = 1_000;

/**
 * Waits for room in this host's spool and for an association slot of the source; from then on the part belongs to this
 * host. A part of which nothing has to be asked of the source any more gets no slot.
 */
export function admitPart(dependencies: Dependencies, ref: PartRef & Timed): Promise<Admission> {
  return runStep(dependencies, 'admit', ref, async (run) => {
    const { database, hostId, settings } = dependencies;
    const taskId = run.task.id;
    const part = await database.client.part.findUnique({ where: { taskId_partNo: { taskId, partNo: ref.partNo } } });
    if (!part || part.endedAt) throw new StepError('canceled');
    if (!(await needsSource(dependencies, run, ref, part.closedAt === null))) {
      await claim(dependencies, ref);
      return { hostId, lease: null };
    }
    await waitForSpace(dependencies, run, ref, Number(part.bytes) || part.instances * USUAL_INSTANCE_BYTES);
    const held = await waitForSlot(run.task.sourceId, {
      database,
      holder: `${hostId}/retrieve`,
      ttlMs: settings.VIADUCT_LEASE_TTL_MS,
      ...callOf(run, run.task.sourceId),
    });
    try {
      await run.waits(null);
      await claim(dependencies, ref);
      return { hostId, lease: await held.handOver() };
    } catch (error) {
      await held[Symbol.asyncDispose]();
      throw error;
    }
  });
}

async function needsSource(
  { database }: Dependencies,
  { task }: StepRun,
  { partNo }: PartRef,
  isOpen: boolean,
): Promise<boolean> {
  if (isOpen && task.shortfall > 0) return true;
  const expected = await instancesOf(database.pool, { taskId: task.id, partNo, states: ['expected'], limit: 1 });
  return expected.length > 0;
}

async function claim({ database, hostId }: Dependencies, ref: PartRef): Promise<void> {
  if (!(await hostPart(database.pool, ref, hostId))) throw new StepError('canceled');
}

async function waitForSpace({ space }: Dependencies, run: StepRun, ref: PartRef, bytes: number): Promise<void> {
  while (!(await space.reserve(partName(ref), bytes))) {
    await run.waits({ kind: 'spool-full' });
    await delay(SPACE_PAUSE_MS, undefined, { signal: run.signal });
  }
}
