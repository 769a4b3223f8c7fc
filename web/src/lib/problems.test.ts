import { expect, test } from 'vitest';
import { problemErrors } from './problems.ts';

const problem = { type: 'about:blank', title: 'Not valid', status: 422, detail: 'Some of what was sent is not valid.' };
const errorsOf = (path: string) =>
  problemErrors({ ...problem, errors: [{ path, message: 'No.' }] }, { studies: 'basket' });

test('what is wrong with an entry of a list stands at the field of the list', () => {
  expect(errorsOf('excludeModalities.2')).toEqual({ excludeModalities: 'No.' });
  expect(errorsOf('studies.17.sourceId')).toEqual({ basket: 'No.' });
});

test('what belongs to no field is told as a whole', () => {
  expect(problemErrors(problem)).toEqual({ '': problem.detail });
});
