import type { Column } from './types.ts';

/** The columns of tables as somebody has chosen them: by table, each column turned on or off against its default. */
export type ColumnChoices = Readonly<Record<string, Readonly<Record<string, boolean>>>>;

/** Columns of text that people and devices write, of any length, with spaces or without: they leave room for the others. */
export const TEXT_COLUMN = 'min-w-28 max-w-40 xl:max-w-64 2xl:max-w-96';
/** Columns of names that people give. */
export const NAME_COLUMN = 'max-w-32 xl:max-w-56';

const PREFIX = 'columns.';

/** Reads the choices of all tables from cookies, as pages find them: `columns.jobs=owner.0_rate.1`. */
export function readChoices(cookies: readonly { readonly name: string; readonly value: string }[]): ColumnChoices {
  return Object.fromEntries(
    cookies
      .filter(({ name }) => name.startsWith(PREFIX))
      .map(({ name, value }) => [
        name.slice(PREFIX.length),
        Object.fromEntries(
          value
            .split('_')
            .filter((part) => /^[\w-]+\.[01]$/.test(part))
            .map((part) => [part.slice(0, -2), part.endsWith('1')]),
        ),
      ]),
  );
}

/** The cookie that keeps the choices of one table. */
export function choiceCookie(table: string, choices: Readonly<Record<string, boolean>>): string {
  const value = Object.entries(choices)
    .map(([id, on]) => `${id}.${on ? 1 : 0}`)
    .join('_');
  return `${PREFIX}${table}=${value}; path=/; max-age=31536000; samesite=lax`;
}

/** Whether a column is shown. */
export function isShown(column: Column, choices: Readonly<Record<string, boolean>> | undefined): boolean {
  return column.fixed === true || (choices?.[column.id] ?? !column.off);
}
