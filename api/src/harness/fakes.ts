import { SOP_CLASS } from '@viaduct/dicom/dimse';
import { PacsError, type StudyAnswer } from '@viaduct/pacs';
import type { PacsPort } from '../gateway/pacsPort.ts';
import type { MoveTrial } from '@viaduct/workflows/contract';
import type { Engine, WorkflowState } from '../temporal/engine.ts';

/** A study as a server names it. */
export const studyAnswer = (over: Partial<StudyAnswer> = {}): StudyAnswer => ({
  studyInstanceUid: '1.2.3',
  patientId: 'P1',
  patientName: 'Doe^Jane',
  patientBirthDate: '19600203',
  patientSex: 'F',
  studyDate: '20240302',
  studyTime: '101500',
  accessionNumber: 'A1',
  studyDescription: 'Thorax',
  modalities: ['CT'],
  numberOfSeries: 1,
  numberOfInstances: 3,
  ...over,
});

/** Servers that give prepared answers; a function of the node id may also throw, or wait for the signal. */
export function fakePacs(
  answers: (nodeId: string, signal: AbortSignal) => AsyncIterable<StudyAnswer> | StudyAnswer[],
): PacsPort {
  return {
    source: {
      async *findStudies(nodeId, _criteria, { signal }) {
        yield* answers(nodeId, signal);
      },
      findSeries: async () => [
        {
          seriesInstanceUid: '1.2.3.1',
          seriesNumber: '1',
          modality: 'CT',
          seriesDescription: '',
          numberOfInstances: 3,
        },
      ],
      sentence: async (_nodeId, error) => (error instanceof Error ? error.message : 'unknown'),
    },
    sample: async () => {
      throw new PacsError('study-unknown');
    },
    test: async () => ({
      ok: true,
      faces: [{ face: 'dimse', ok: true, steps: [{ step: 'echo', ok: true, ms: 1.5 }] }],
    }),
    capabilities: async () => ({
      services: [SOP_CLASS.verification, SOP_CLASS.studyRootFind],
      storage: new Map([['1.2.840.10008.5.1.4.1.1.2', ['1.2.840.10008.1.2.1']]]),
    }),
    refuseFolder: async (path) => (path.startsWith('/allowed/') ? undefined : 'The folder lies outside.'),
  };
}

/** An engine that notes what it is told. */
export interface FakeEngine extends Engine {
  /** `start job/…`, `pause job/…`, `cancel job/…` in the order of their arrival. */
  readonly told: string[];
  readonly messages: unknown[];
  /** States by workflow id; what is started runs. */
  readonly states: Map<string, WorkflowState>;
  /** What trials of C-MOVE come to, by the host. */
  readonly trials: Map<string, MoveTrial>;
  /** While true every call fails. */
  down: boolean;
}

/** Makes an engine without a server behind it. */
export function fakeEngine(): FakeEngine {
  const states = new Map<string, WorkflowState>();
  const told: string[] = [];
  const messages: unknown[] = [];
  const tell = (workflowId: string, what: string, message?: unknown) => {
    if (engine.down) throw new Error('down');
    if (states.get(workflowId) !== 'running') return false;
    told.push(`${what} ${workflowId}`);
    messages.push(message);
    return true;
  };
  const engine: FakeEngine = {
    told,
    messages,
    states,
    trials: new Map(),
    down: false,
    start: async ({ jobId, runNo }) => {
      const workflowId = `job/${jobId}/run/${runNo}`;
      if (engine.down) throw new Error('down');
      if (!states.has(workflowId)) states.set(workflowId, 'running');
      tell(workflowId, 'start');
    },
    signal: async (workflowId, name, message) => tell(workflowId, name, message),
    cancel: async (workflowId) => tell(workflowId, 'cancel'),
    terminate: async (workflowId) => {
      const was = tell(workflowId, 'terminate');
      if (was) states.set(workflowId, 'failed');
      return was;
    },
    tryMove: async ({ hostIds }) => {
      if (engine.down) throw new Error('down');
      return Object.fromEntries(hostIds.map((hostId) => [hostId, engine.trials.get(hostId) ?? { kind: 'no-series' }]));
    },
    describe: async (workflowId) => states.get(workflowId) ?? 'unknown',
    async *running() {
      for (const [id, state] of states) if (state === 'running') yield id;
    },
    check: async () => {
      if (engine.down) throw new Error('down');
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  return engine;
}
