/** The keys from one row to another, both included, in the order of the table. */
export function between(keys: readonly string[], from: string, to: string): string[] {
  const [a, b] = [keys.indexOf(from), keys.indexOf(to)];
  return a < 0 || b < 0 ? [to] : keys.slice(Math.min(a, b), Math.max(a, b) + 1);
}

const OF_ROW = 'th a, th button, a, button, input[type=checkbox]';
const typesText = (element: HTMLElement) =>
  element.matches('input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]');

/**
 * Keys in the rows of a table: up and down go from row to row and stay in boxes or in links, home and end to the first
 * and last one, space ticks the row, enter on a box opens it.
 */
export function keydownInRows(event: KeyboardEvent): void {
  const { target, key } = event;
  if (!(target instanceof HTMLElement) || typesText(target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = target.closest('tr');
  const body = row?.parentElement;
  if (!row || !body) return;
  const isBox = target.matches('input[type=checkbox]');
  const wanted = isBox ? 'input[type=checkbox]' : OF_ROW;
  if (key === ' ' && !isBox) {
    const box = row.querySelector<HTMLInputElement>('td:first-child > input[type=checkbox]');
    if (!box || target.matches('button, summary')) return;
    event.preventDefault();
    box.click();
  } else if (key === 'Enter' && isBox) {
    event.preventDefault();
    row.querySelector<HTMLElement>('th a, td a')?.click();
  } else {
    const rows = [...body.children].filter((each) => each.querySelector(wanted));
    const at = rows.indexOf(row);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[key];
    const to = next === undefined || next < 0 ? undefined : rows[next]?.querySelector<HTMLElement>(wanted);
    if (!to) return;
    event.preventDefault();
    to.focus();
  }
}
