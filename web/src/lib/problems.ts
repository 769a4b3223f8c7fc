import type { Problem } from './types.ts';

/** What to put beside the fields of a form (and above it, under `''`) for a problem of the API. `rename`: API field → form field. */
export function problemErrors(problem: Problem, rename: Readonly<Record<string, string>> = {}): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const { path, message } of problem.errors ?? []) {
    const name = path.replace(/^\//, '').replaceAll('/', '.');
    // What is wrong with one entry of a list is told at the field of the list.
    const field = name.replace(/\.\d+(\..*)?$/, '');
    errors[rename[name] ?? rename[field] ?? field] ??= message;
  }
  if (Object.keys(errors).length === 0) errors[''] = problem.detail || problem.title;
  return errors;
}
