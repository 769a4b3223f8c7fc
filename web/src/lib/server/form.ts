/** The text fields of a form by name, trimmed; files are left out, repeated names keep their first value. */
export function valuesOf(form: FormData): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of form) {
    if (typeof value === 'string' && !(name in values)) values[name] = value.trim();
  }
  return values;
}

/** A path of our own to go on to after sign-in; anything else leads to the dashboard. */
export function ownPath(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}
