/** What the processes that are measured can be told, and how they take orders from their parent: one at a time. */

/** Where a peer is. */
export interface Address {
  readonly aeTitle: string;
  readonly port: number;
}

/** Receive into a folder until the next such order. */
export interface ReceiveOrder {
  readonly kind: 'receive';
  readonly folder: string;
  readonly durable: boolean;
  readonly port: number;
}

/** Send files, over so many associations. */
export interface SendOrder {
  readonly kind: 'send';
  readonly to: Address;
  readonly files: readonly string[];
  readonly parallel: number;
}

/** Something to do. */
export type Order =
  | ReceiveOrder
  | SendOrder
  | {
      readonly kind: 'get';
      readonly from: Address;
      readonly study: string;
      readonly folder: string;
      readonly durable: boolean;
    }
  | { readonly kind: 'move'; readonly from: Address; readonly study: string; readonly to: string }
  | { readonly kind: 'find'; readonly from: Address; readonly keys: readonly string[] };

/** How an order went: wall time in s, and how much was done (instances, answers; the port of a receiver). */
export interface Report {
  readonly seconds: number;
  readonly count: number;
  readonly error?: string;
}

/** Carries out the orders of the parent, until it is gone. */
export function serveOrders(carryOut: (order: Order) => Promise<number>): void {
  process.on('message', (order: Order) => {
    const start = performance.now();
    const report = (count: number, error?: string) =>
      process.send?.({
        seconds: (performance.now() - start) / 1000,
        count,
        ...(error && { error }),
      } satisfies Report);
    carryOut(order).then(report, (error: unknown) => report(0, String(error)));
  });
  process.on('disconnect', () => process.exit());
}
