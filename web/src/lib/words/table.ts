import { formatCount } from '../format.ts';
import { countOf } from './count.ts';

/** Words of every table. */
export const table = {
  columns: 'Columns',
  export: 'CSV',
  exportHelp: 'All rows that match, as a file',
  selectAll: 'Select all rows of this page',
  select: (what: string) => `Select ${what}`,
  selected: (count: number) => `${countOf(count, 'selected', 'selected')}`,
  clearSelection: 'Clear selection',
  sortBy: (column: string) => `Sort by ${column}`,
  newRows: (count: number) => `${formatCount(count)} new`,
  mayBelong: (count: number) => `${countOf(count, 'other job has', 'other jobs have')} changed: show what matches now`,
  next: 'Next',
  first: 'Back to the start',
  pages: (caption: string) => `${caption}: pages`,
  filters: 'Filters',
  removeFilter: (what: string) => `Remove filter ${what}`,
  removeAll: 'Remove all filters',
  apply: 'Apply',
} as const;
