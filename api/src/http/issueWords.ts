import type { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

/** What is wrong with a field, as its form shows it; undefined where the schema or zod says it well enough. */
export const issueWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined || issue.input === null
        ? 'This is needed.'
        : `This has to be ${KINDS[issue.expected] ?? issue.expected}.`;
    case 'too_small':
      if (issue.minimum === 1 && issue.origin === 'string') return 'This is needed.';
      return `At least ${amount(issue.minimum, issue.origin)}.`;
    case 'too_big':
      return `At most ${amount(issue.maximum, issue.origin)}.`;
    case 'invalid_value':
      return `One of these: ${issue.values.join(', ')}.`;
    case 'unrecognized_keys':
      return `There is no such field: ${issue.keys.join(', ')}.`;
    default:
      return undefined;
  }
};

function amount(limit: number | bigint, origin: string): string {
  const number = limit.toLocaleString('en-US');
  if (origin === 'string') return `${number} ${limit === 1 ? 'character' : 'characters'}`;
  return origin === 'array' ? `${number} ${limit === 1 ? 'entry' : 'entries'}` : number;
}
