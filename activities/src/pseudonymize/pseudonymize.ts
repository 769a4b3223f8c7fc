import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { DeidError, type Pseudonymizer } from '@viaduct/deid';
import { editFile, Part10Error } from '@viaduct/dicom/part10';
import type { Cause } from '@viaduct/domain';
import type { PartRef } from '@viaduct/workflows/contract';
import type { Dependencies } from '../dependencies.ts';
import { causeOf, StepError } from '../failures.ts';
import type { FeedFollower, SpooledInstance } from '../feed.ts';
import { inLanes } from '../lanes.ts';
import type { OpenPart } from '../part/openParts.ts';
import { pseudonymizedChange } from '../part/seed.ts';
import { type HeaderFacts, type SpooledHeader, writeHeader } from '../spool/index.ts';
import { runStep, type StepRun } from '../step.ts';
import { pseudonymizerOf } from './pseudonymizer.ts';

/** Instances worked on at once: hides the disk, the work itself is short. */
const LANES = 3;

/**
 * Follows retrieve: writes a new header for each instance as it becomes ready; the bulk bytes stay where they are.
 * An instance that cannot be read, or must not leave, is quarantined; the rest goes on.
 */
export function pseudonymizePart(
  dependencies: Dependencies,
  ref: PartRef,
): Promise<{ pseudonymized: number; failed: number }> {
  return runStep(dependencies, 'pseudonymize', ref, async (run) => {
    const pseudonymizer = await pseudonymizerOf(dependencies, run.task);
    await using part = await dependencies.parts.open(ref, run.task);
    const follower = part.feed.follow('retrieved');
    const failed = { count: 0 };
    try {
      await inLanes(LANES, run.signal, (signal) =>
        follow({ dependencies, run, part, pseudonymizer, follower, signal, failed }),
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
  readonly pseudonymizer: Pseudonymizer;
  readonly follower: FeedFollower;
  readonly signal: AbortSignal;
  readonly failed: { count: number };
}

async function follow({ dependencies, run, part, pseudonymizer, follower, signal, failed }: Lane): Promise<void> {
  for (;;) {
    const instance = await follower.next(signal);
    if (!instance) return;
    try {
      const file = dependencies.folders.header(part.key, instance.sopInstanceUID);
      const header = await makeHeader(instance, pseudonymizer, file, signal);
      part.ledger.add(pseudonymizedChange(instance.sopInstanceUID, header));
      part.feed.pseudonymized({ ...instance, header });
      run.progress();
    } catch (error) {
      const cause = causeOfQuarantine(error);
      if (!cause) throw error;
      part.ledger.add({ sopInstanceUID: instance.sopInstanceUID, to: 'quarantined', cause });
      part.feed.settled(instance.sopInstanceUID);
      failed.count++;
    }
  }
}

/** Why an instance must not leave; undefined for an error that is not about the instance. */
function causeOfQuarantine(error: unknown): Cause | undefined {
  if (error instanceof StepError || error instanceof Part10Error) return causeOf(error).cause;
  if (error instanceof DeidError && error.reason === 'encapsulated-document') return 'document-not-cleanable';
  return undefined;
}

/** @throws StepError `burned-in-risk`: pixels that may show the patient's name are never waved through */
async function makeHeader(
  instance: SpooledInstance,
  { editor, outUid }: Pseudonymizer,
  path: string,
  signal: AbortSignal,
): Promise<SpooledHeader> {
  const { header, bulk, trailer, transferSyntaxUID, report } = await editFile(instance.path, editor, { signal });
  if (report?.burnedInRisk !== false) throw new StepError('burned-in-risk');
  const hash = createHash('sha256').update(header);
  let bytes = header.length + trailer.length;
  if (bulk) {
    bytes += bulk.end - bulk.start;
    const region = createReadStream(instance.path, {
      start: bulk.start,
      end: bulk.end - 1,
      highWaterMark: 512 * 1024,
      signal,
    });
    for await (const chunk of region) hash.update(chunk as Buffer);
  }
  const facts: HeaderFacts = {
    outSopInstanceUID: outUid(instance.sopInstanceUID),
    sopClassUID: instance.sopClassUID,
    transferSyntaxUID,
    bulk,
    bytes,
    sha256: hash.update(trailer).digest('hex'),
  };
  return writeHeader(path, facts, header, trailer);
}
