/** The conditions of a query and their values, added one by one. */
export class Conditions {
  readonly values: unknown[] = [];
  readonly #parts: string[];

  constructor(...parts: string[]) {
    this.#parts = parts;
  }

  /** Takes a value in; returns its placeholder. */
  value(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  add(condition: string): void {
    this.#parts.push(condition);
  }

  /** All conditions, joined by AND. */
  get text(): string {
    return this.#parts.join(' AND ');
  }
}

/** Text as LIKE takes it literally. */
export const likeText = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');
