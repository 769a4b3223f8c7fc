import type { Line } from './line.ts';
import type { Recorder } from './recorder.ts';
import type { Script } from './script.ts';

const MINUTE_MS = 60_000;

/** Resets all connections when there is more than the script allows (`resetAbove`). */
export class Overload {
  readonly #script: Script;
  readonly #recorder: Recorder;
  readonly #line: Line;
  #requests: number[] = [];

  constructor(script: Script, recorder: Recorder, line: Line) {
    this.#script = script;
    this.#recorder = recorder;
    this.#line = line;
  }

  /** A further association came. @param open with it */
  association(open: number): void {
    if (open > (this.#script.faults.resetAbove?.associations ?? Infinity)) this.#reset('too many associations');
  }

  /** A C-FIND, C-GET or C-MOVE came. */
  request(): void {
    const { requests = Infinity, perMs = MINUTE_MS } = this.#script.faults.resetAbove ?? {};
    const now = performance.now();
    this.#requests = [...this.#requests.filter((at) => at > now - perMs), now];
    if (this.#requests.length > requests) this.#reset('too many requests');
  }

  #reset(why: string): void {
    this.#recorder.overloaded(why);
    this.#line.reset();
  }
}
