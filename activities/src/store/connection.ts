import type { Batch, CallOptions, DestinationSession, Outgoing, Stored } from '@viaduct/pacs';
import type { Dependencies } from '../dependencies.ts';
import type { NodeRow } from '../record/nodes.ts';

/** A class of objects in an encoding: what a presentation context is about. */
export interface Kind {
  readonly sopClassUID: string;
  readonly transferSyntaxUID: string;
}

/** Presentation contexts of one association (PS3.8 §9.3.2.2). */
const MAX_CONTEXTS = 128;
const nameOf = ({ sopClassUID, transferSyntaxUID }: Kind) => `${sopClassUID} ${transferSyntaxUID}`;

/** An open way into the destination, and what it was negotiated for. */
export class Connection {
  readonly #session: DestinationSession;
  readonly #proposed: ReadonlySet<string>;

  private constructor(session: DestinationSession, proposed: ReadonlySet<string>) {
    this.#session = session;
    this.#proposed = proposed;
  }

  /** Opens it, one context for each kind (dimse.md §1: an instance is sent in its own transfer syntax only). */
  static async open(
    { gateway }: Dependencies,
    node: NodeRow,
    kinds: readonly Kind[],
    call: Pick<CallOptions, 'signal' | 'onRate'>,
  ): Promise<Connection> {
    const distinct = [...new Map(kinds.map((kind) => [nameOf(kind), kind])).values()].slice(0, MAX_CONTEXTS);
    const proposals = distinct.map(({ sopClassUID, transferSyntaxUID }) => ({
      abstractSyntax: sopClassUID,
      transferSyntaxes: [transferSyntaxUID],
    }));
    return new Connection(await gateway.open(node, proposals, call), new Set(distinct.map(nameOf)));
  }

  /** Whether instances of this kind can be given to it, even if only to hear that they are not accepted. */
  isFor(kind: Kind): boolean {
    return this.#proposed.has(nameOf(kind)) || this.#session.accepts(kind.sopClassUID, kind.transferSyntaxUID);
  }

  /** How much may be given to it at a time. */
  get batch(): Batch {
    return this.#session.batch;
  }

  store(items: readonly Outgoing[], signal: AbortSignal): Promise<readonly Stored[]> {
    return this.#session.store(items, { signal });
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  abort(): void {
    this.#session.abort();
  }
}
