import { characterSetTerms, type WalkedToken } from '@viaduct/dicom/part10';

/** (0008,0005) */
export const SPECIFIC_CHARACTER_SET = 0x00080005;

/** Knows along a walk which character set holds: an item has its own or that of what surrounds it (PS3.3 §C.12.1.1.2). */
export class CharacterSets {
  readonly #stack: string[][] = [[]];

  /** Values of (0008,0005) that hold now. */
  get current(): readonly string[] {
    return this.#stack.at(-1) ?? [];
  }

  /** Takes note of a token before it is shown. */
  follow(token: WalkedToken): void {
    if (token.kind === 'item') this.#stack.push([...this.current]);
    else if (token.kind === 'item-end') this.#stack.pop();
    else if (token.kind === 'value' && token.header.tag === SPECIFIC_CHARACTER_SET) {
      this.#stack[this.#stack.length - 1] = characterSetTerms(token.value);
    }
  }
}
