import type { Throttle } from '@viaduct/dicom/dimse';
import type { Gateway, Limited } from '@viaduct/pacs';

/** The nodes that may call the receiver, by their AE titles. */
export class Callers {
  readonly #gateway: Pick<Gateway, 'throttleOf'>;
  #byTitle: ReadonlyMap<string, Limited> = new Map();

  constructor(gateway: Pick<Gateway, 'throttleOf'>) {
    this.#gateway = gateway;
  }

  /** Nodes as they are configured now; those without an AE title call nobody. */
  follow(nodes: readonly (Limited & { readonly aeTitle: string | null })[]): void {
    this.#byTitle = new Map(nodes.flatMap((node) => (node.aeTitle ? [[node.aeTitle, node] as const] : [])));
  }

  readonly knows = (title: string): boolean => this.#byTitle.has(title);

  /** What holds the bytes of the node that calls itself so to its limit; undefined: it has none. */
  readonly throttleOf = (title: string): Throttle | undefined => {
    const node = this.#byTitle.get(title);
    return node && this.#gateway.throttleOf(node);
  };
}
