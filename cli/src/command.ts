import { parseArgs } from 'node:util';
import { UsageError } from './failure.ts';

/** An option of a command, as `--help` shows it. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: true;
  /** Stands for the value in the help: `SECONDS`. */
  readonly value?: string;
  readonly default?: string;
  readonly help: string;
}
/** Options by their name without the dashes. */
export type Options = Readonly<Record<string, Option>>;

/** What people gave for a table of options. */
export type Values<T extends Options> = {
  readonly [Name in keyof T]: T[Name] extends { type: 'boolean' }
    ? boolean
    : T[Name] extends { multiple: true }
      ? readonly string[]
      : T[Name] extends { default: string }
        ? string
        : string | undefined;
};

/** What a command works with. */
export interface Call<T extends Options = Options> {
  readonly positionals: readonly string[];
  readonly values: Values<T>;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** A command as the table of commands knows it. */
export interface Command {
  readonly usage: string;
  readonly help: string;
  readonly options: Options;
  /** @throws UsageError for wrong options */
  run(args: readonly string[], signal: AbortSignal): Promise<void>;
}

const HELP: Options = { help: { type: 'boolean', help: 'says this' } };

/**
 * Defines a command.
 * @param definition.positionals how many arguments it takes: at least, at most
 * @param definition.run settles when everything that was asked for has happened; throws `Failure`, `DimseError` or `Part10Error` otherwise
 */
export function defineCommand<const T extends Options>(definition: {
  readonly usage: string;
  readonly help: string;
  readonly positionals: readonly [atLeast: number, atMost: number];
  readonly options: T;
  run(call: Call<T>): Promise<void>;
}): Command {
  const { usage, help, options, positionals: bounds } = definition;
  return {
    usage,
    help,
    options,
    async run(args, signal) {
      const { values, positionals } = parse(args, options);
      if (values['help'] === true) {
        process.stdout.write(helpText({ usage, help, options }));
        return;
      }
      const [atLeast, atMost] = bounds;
      if (positionals.length < atLeast) throw new UsageError('an argument is missing');
      if (positionals.length > atMost)
        throw new UsageError(`too many arguments: ${positionals.slice(atMost).join(' ')}`);
      return definition.run({ positionals, values: values as Values<T>, signal });
    },
  };
}

interface Parsed {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
}

function parse(args: readonly string[], options: Options): Parsed {
  try {
    const parsed = parseArgs({ args: [...args], options: { ...options, ...HELP }, allowPositionals: true });
    const values: Record<string, unknown> = {};
    for (const [name, option] of Object.entries(options)) {
      values[name] = option.type === 'boolean' ? false : option.multiple ? [] : option.default;
    }
    return { positionals: parsed.positionals, values: { ...values, ...parsed.values } };
  } catch (error) {
    if (error instanceof TypeError && 'code' in error) throw new UsageError(error.message);
    throw error;
  }
}

/** The text of `--help`. */
export function helpText({ usage, help, options }: Pick<Command, 'usage' | 'help' | 'options'>): string {
  const rows = Object.entries({ ...options, ...HELP }).map(([name, option]) => {
    const left = `--${name}${option.type === 'string' ? ` ${option.value ?? 'TEXT'}` : ''}`;
    const notes = [option.multiple ? 'may be repeated' : '', option.default ? `default: ${option.default}` : ''];
    const note = notes.filter((text) => text !== '').join('; ');
    return [left, option.help + (note ? ` (${note})` : '')] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const table = rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join('\n');
  return `Usage: viaduct ${usage}\n\n${help}\n\nOptions:\n${table}\n`;
}

/** Reads a whole number within bounds. @throws UsageError */
export function integer(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) {
    throw new UsageError(`${name} must be a whole number from ${least} to ${most}, not ${text}`);
  }
  return number;
}

/** Reads a duration in seconds, fractions allowed. @returns ms. @throws UsageError */
export function seconds(name: string, text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number <= 0 || number > 86_400) {
    throw new UsageError(`${name} must be a number of seconds up to a day, not ${text}`);
  }
  return Math.ceil(number * 1000);
}

/** A value that must be there. @throws UsageError */
export function required(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new UsageError(`${name} is missing`);
  return value;
}
