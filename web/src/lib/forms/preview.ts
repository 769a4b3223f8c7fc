import type { Preview } from '@viaduct/client';

type Row = Preview['rows'][number];

/** Which elements of a preview are shown. */
export const FILTERS = ['all', 'changed', 'removed', 'kept', 'unlisted'] as const;
export type Filter = (typeof FILTERS)[number];

/** Whether an element is shown under a filter. */
export function isShown({ outcome, isListed }: Row, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'changed':
      return outcome === 'replaced' || outcome === 'emptied';
    case 'unlisted':
      return !isListed;
    default:
      return outcome === filter;
  }
}
