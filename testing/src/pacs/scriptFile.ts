import { setTimeout as delay } from 'node:timers/promises';
import type { Faults, LineFaults, Operation, Pacs } from './types.ts';

/** A script in a file does not say what it should. The message is for people. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

/** Faults for some time. */
export interface Phase {
  readonly faults: Faults;
  /** How long, ms; the last phase lasts on when it has none. */
  readonly ms?: number;
}

/** Faults that follow each other. */
export interface PacsScript {
  /** At least one. */
  readonly phases: readonly [Phase, ...Phase[]];
  /** Begins again at the end. */
  readonly repeat: boolean;
}

type Check = (value: unknown) => boolean;
type Shape<T> = { readonly [Key in keyof Required<T>]: Check };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const amount: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const count: Check = (value) => amount(value) && Number.isInteger(value);
const status: Check = (value) => count(value) && Number(value) <= 0xffff;
const texts: Check = (value) => Array.isArray(value) && value.every((text) => typeof text === 'string');
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.some((word) => word === value);
const shaped =
  <T>(shape: Shape<T>, ...needed: readonly string[]): Check =>
  (value) =>
    isObject(value) &&
    needed.every((key) => key in value) &&
    Object.entries(value).every(([key, field]) => lookUp(shape, key)?.(field) ?? false);

function lookUp(shape: Readonly<Record<string, Check>>, key: string): Check | undefined {
  return Object.hasOwn(shape, key) ? shape[key] : undefined;
}

const FAULTS: Shape<Faults> = {
  withhold: texts,
  abortAfter: count,
  abortTimes: count,
  hangAfter: count,
  hangTimes: count,
  halfCloseAfter: count,
  silent: oneOf('association', 'requests'),
  refuseAssociation: oneOf('called', 'calling', 'transient'),
  refuseStatus: shaped<Record<Operation, number>>({ find: status, get: status, move: status, store: status }),
  keepStatus: status,
  delayMs: amount,
  answerDelayMs: amount,
  jitterMs: amount,
  slowAbove: shaped<Required<Faults>['slowAbove']>({ associations: count, delayMs: amount }, 'associations', 'delayMs'),
  nearline: shaped<Required<Faults>['nearline']>({ delayMs: amount, studies: texts }, 'delayMs'),
  maxAssociations: count,
  resetAbove: shaped<Required<Faults>['resetAbove']>({ associations: count, requests: count, perMs: amount }),
  answersCap: shaped<Required<Faults>['answersCap']>({ max: count, status }, 'max'),
  ignoreKeys: texts,
  countsOff: (value) => Number.isInteger(value),
  counters: oneOf('zero', 'none', 'all-completed'),
  commitment: oneOf('later', 'never'),
  restart: shaped<Required<Faults>['restart']>(
    { everyMs: amount, at: (value) => /^([01]\d|2[0-3]):[0-5]\d$/.test(String(value)), downMs: amount },
    'downMs',
  ),
  line: shaped<LineFaults>({
    latencyMs: amount,
    jitterMs: amount,
    bytesPerSecond: amount,
    nagle: (value) => typeof value === 'boolean',
  }),
};

function readFaults(value: unknown): Faults {
  if (!isObject(value)) throw new ScriptError('faults must be an object');
  for (const [name, field] of Object.entries(value)) {
    const check = lookUp(FAULTS, name);
    if (check === undefined) throw new ScriptError(`there is no fault "${name}"`);
    if (!check(field)) throw new ScriptError(`the fault "${name}" cannot be ${JSON.stringify(field)}`);
  }
  return value;
}

function readPhase(value: unknown): Phase {
  if (!isObject(value) || (value['ms'] !== undefined && !amount(value['ms']))) {
    throw new ScriptError('each phase must be { "ms": …, "faults": { … } }');
  }
  return { faults: readFaults(value['faults'] ?? {}), ...(value['ms'] !== undefined && { ms: Number(value['ms']) }) };
}

/**
 * Reads a script: faults, or `{ "phases": [{ "ms": 60000, "faults": {…} }, …], "repeat": true }`.
 * @throws ScriptError naming what is wrong
 */
export function readScript(text: string): PacsScript {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ScriptError('it is no JSON');
  }
  if (!isObject(value) || !('phases' in value)) return { phases: [{ faults: readFaults(value) }], repeat: false };
  const { phases, repeat = false } = value;
  const [first, ...others] = Array.isArray(phases) ? phases.map(readPhase) : [];
  if (first === undefined || typeof repeat !== 'boolean') throw new ScriptError('"phases" must be a list, not empty');
  if (repeat && [first, ...others].every(({ ms = 0 }) => ms === 0))
    throw new ScriptError('phases that repeat need "ms"');
  return { phases: [first, ...others], repeat };
}

/** Plays a script until its last phase, or the signal fires. */
export async function playScript(pacs: Pacs, { phases, repeat }: PacsScript, signal: AbortSignal): Promise<void> {
  do {
    for (const { faults, ms } of phases) {
      await pacs.setFaults(faults);
      await delay(ms ?? 0, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
    }
  } while (repeat);
}
