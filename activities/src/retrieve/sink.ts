import type { IncomingInstance, InstanceSink, StoredInstance } from '@viaduct/dicom/dimse';
import type { Dependencies } from '../dependencies.ts';
import type { OpenPart } from '../part/openParts.ts';
import { retrievedChange } from '../part/seed.ts';
import { NOT_AUTHORIZED } from '../receiver/registry.ts';
import { canNameFile } from '../spool/index.ts';
import type { StepRun } from '../step.ts';

/** Where the instances of a retrieve go. */
export interface SpoolSink extends InstanceSink {
  /** How many instances became durable. */
  readonly arrived: number;
  /** Why an instance could not be kept here, if it was our fault: a full or broken disk. */
  readonly broken: Error | undefined;
}

/** Takes the instances that the part wants, and nothing else. What is durable is announced at once. */
export function spoolSink({ folders, spares }: Dependencies, run: StepRun, part: OpenPart): SpoolSink {
  const state: { arrived: number; broken: Error | undefined } = { arrived: 0, broken: undefined };
  return {
    // Pseudonymizing reads each file anyway, beside this thread: the hash of what came is made there.
    hashed: !run.task.pseudonymize,
    get arrived() {
      return state.arrived;
    },
    get broken() {
      return state.broken;
    },
    begin({ sopInstanceUID }: IncomingInstance) {
      if (!canNameFile(sopInstanceUID) || part.feed.stateOf(sopInstanceUID) !== 'wanted')
        return { refuse: NOT_AUTHORIZED };
      return { path: folders.instance(part.key, sopInstanceUID), spare: spares.take() };
    },
    done({ sopInstanceUID, sopClassUID, transferSyntaxUID, path, bytes, sha256 }: StoredInstance) {
      if (part.feed.stateOf(sopInstanceUID) !== 'wanted') return 0; // the same instance twice at once
      const instance = { sopInstanceUID, sopClassUID, transferSyntaxUID, path, bytes, sha256: sha256 || undefined };
      part.ledger.add(retrievedChange(instance));
      part.feed.retrieved(instance);
      state.arrived++;
      run.progress();
      return 0;
    },
    failed(_instance: IncomingInstance, error: unknown) {
      if (error instanceof Error && 'code' in error) state.broken = error;
    },
  };
}
