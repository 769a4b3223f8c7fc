import { once } from 'node:events';

/** Writes to stdout; settles when there is room for more. */
export async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Writes a line to stdout; settles when there is room for more. */
export function line(text: string): Promise<void> {
  return write(`${text}\n`);
}

/** Writes a line to stderr: what is not the result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** `1 image`, `2 images`. */
export function counted(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}

const INTERVAL_MS = 200;

/** A line on the terminal that tells how far it is; silent where stderr is no terminal. */
export class Progress implements Disposable {
  #shownAt = 0;

  /** Shows a text in place of the last one, at most five times a second. */
  show(text: string): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#shownAt < INTERVAL_MS) return;
    this.#shownAt = now;
    process.stderr.write(`\r\x1b[K${text}`);
  }

  /** Clears the line. */
  [Symbol.dispose](): void {
    if (this.#shownAt > 0) process.stderr.write('\r\x1b[K');
  }
}
