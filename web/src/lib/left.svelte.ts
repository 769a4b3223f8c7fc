import type { FieldErrors } from './types.ts';

/** Fields that somebody has filled in and left: from then on it is said as they type what is wrong with them. */
export class LeftFields {
  #left = $state<Record<string, boolean>>({});

  /** For `onfocusout`. Leaving for a button does not count: a message would move it away under the pointer. */
  readonly leave = ({ target, relatedTarget }: FocusEvent): void => {
    if (relatedTarget instanceof HTMLButtonElement) return;
    if (target instanceof HTMLInputElement && target.value) this.#left[target.name] = true;
  };

  /** What of it is to be said now. */
  of(errors: FieldErrors): FieldErrors {
    return Object.fromEntries(Object.entries(errors).filter(([name]) => this.#left[name]));
  }
}
