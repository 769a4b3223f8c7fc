import { rm } from 'node:fs/promises';
import type { PseudonymizerSettings } from '@viaduct/deid';
import { approvedOf, enterHeld, picturePurpose, seal } from '@viaduct/prisma';
import type { PartRef } from '@viaduct/workflows/contract';
import type { Dependencies } from '../dependencies.ts';
import type { FeedFollower, SpooledInstance } from '../feed.ts';
import { inLanes } from '../lanes.ts';
import type { LedgerChange, OpenPart } from '../part/openParts.ts';
import { pseudonymizedChange, readSpooled } from '../part/seed.ts';
import { runStep, type StepRun } from '../step.ts';
import type { InstanceOutcome } from './instance.ts';
import { settingsOf } from './pseudonymizer.ts';

/** Instances worked on at once: enough to keep every thread busy where each takes its time. */
const LANES = 8;

/**
 * Follows retrieve: writes a new header for each instance as it becomes ready; the bulk bytes stay where they are unless
 * they are masked. An instance that cannot be read is quarantined, one that has to be looked at is held; the rest goes on.
 */
export function pseudonymizePart(
  dependencies: Dependencies,
  ref: PartRef,
): Promise<{ pseudonymized: number; failed: number }> {
  return runStep(dependencies, 'pseudonymize', ref, async (run) => {
    const settings = await settingsOf(dependencies, run.task);
    const approved = await approvedOf(dependencies.database.pool, run.task.id);
    await using part = await dependencies.parts.open(ref, run.task);
    const follower = part.feed.follow('retrieved');
    const failed = { count: 0 };
    try {
      await inLanes(LANES, run.signal, (signal) =>
        follow({ dependencies, run, part, settings, approved, follower, signal, failed }),
      );
    } finally {
      await part.ledger.flush();
    }
    return { pseudonymized: run.instances, failed: failed.count };
  });
}

interface Lane {
  readonly dependencies: Dependencies;
  readonly run: StepRun;
  readonly part: OpenPart;
  readonly settings: PseudonymizerSettings;
  /** What was drawn on images that somebody has looked at. */
  readonly approved: Awaited<ReturnType<typeof approvedOf>>;
  readonly follower: FeedFollower;
  readonly signal: AbortSignal;
  readonly failed: { count: number };
}

async function follow(lane: Lane): Promise<void> {
  const { dependencies, run, part, settings, approved, follower, signal, failed } = lane;
  const { folders, threads } = dependencies;
  for (;;) {
    const instance = await follower.next(signal);
    if (!instance) return;
    const { sopInstanceUID, sopClassUID, path } = instance;
    const work = {
      sopInstanceUID,
      sopClassUID,
      path,
      pixelsPath: folders.pixels(part.key, sopInstanceUID),
      reviewed: approved.get(sopInstanceUID) ?? null,
    };
    const outcome = await threads.run(settings, work, signal);
    if (outcome.do === 'go') {
      const header = part.headers.add(sopInstanceUID, outcome.header);
      part.ledger.add(pseudonymizedChange(sopInstanceUID, header));
      part.feed.pseudonymized({ ...instance, header });
      run.progress();
      continue;
    }
    part.ledger.add(await withheld(lane, instance, outcome));
    part.feed.settled(sopInstanceUID);
    if (outcome.do === 'quarantine') failed.count++;
  }
}

/** What the ledger says of an instance that stays here. A held one is fetched again when somebody has looked at it. */
async function withheld(
  { dependencies, run }: Lane,
  instance: SpooledInstance,
  outcome: Exclude<InstanceOutcome, { readonly do: 'go' }>,
): Promise<LedgerChange> {
  const { sopInstanceUID, path } = instance;
  // What cannot even be read has no hash.
  const { sha256 } = instance.sha256 ? instance : ((await readSpooled(path, sopInstanceUID)) ?? {});
  if (outcome.do === 'quarantine') return { sopInstanceUID, to: 'quarantined', cause: outcome.cause, sha256 };
  if (outcome.do === 'leave-out') return { sopInstanceUID, to: 'excluded', cause: 'left-out', sha256 };
  const { device, risks, picture } = outcome;
  const purpose = picturePurpose(run.task.id, sopInstanceUID);
  await enterHeld(dependencies.database.pool, run.task.id, {
    sopInstanceUid: sopInstanceUID,
    device,
    risks,
    sealedPicture: picture && seal(dependencies.masterKey, Buffer.from(picture), purpose),
  });
  await rm(path, { force: true });
  return { sopInstanceUID, to: 'held', sha256 };
}
