import type { ColumnChoices } from '#lib/columns.ts';
import type { Session } from '#lib/types.ts';

declare global {
  namespace App {
    interface Locals {
      /** The signed-in person, null on pages that need none. */
      session: Session | null;
    }
    interface Error {
      /** What to do about it. */
      todo?: string;
    }
    interface PageData {
      columns?: ColumnChoices;
      crumbs?: readonly { label: string; href?: string }[];
    }
  }
}

export {};
