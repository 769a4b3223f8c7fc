/** What a page remembers: options for the person on this machine, what is being typed for this tab. */

/** Reads what was kept; anything unreadable is as if nothing was. */
export function recall(storage: 'localStorage' | 'sessionStorage', key: string): Record<string, unknown> {
  try {
    const kept: unknown = JSON.parse(window[storage].getItem(key) ?? '{}');
    return typeof kept === 'object' && kept !== null ? { ...kept } : {};
  } catch {
    return {};
  }
}

/** Keeps something; storage that is full or denied is no reason to fail. */
export function remember(storage: 'localStorage' | 'sessionStorage', key: string, what: unknown): void {
  try {
    window[storage].setItem(key, JSON.stringify(what));
  } catch {
    return;
  }
}
