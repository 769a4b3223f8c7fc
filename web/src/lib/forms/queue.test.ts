import { expect, test } from 'vitest';
import { jobsInQueue, keyOfQueued } from './queue.ts';

test('studies that are ticked in the queue stand for their jobs, each once', () => {
  const form = new FormData();
  for (const [id, taskNo] of [
    ['a', 1],
    ['a', 2],
    ['b', 7],
  ] as const)
    form.append('id', keyOfQueued({ job: { id }, taskNo }));
  expect(jobsInQueue(form)).toEqual({ jobIds: ['a', 'b'] });
});

test('the question that follows names the jobs themselves', () => {
  const form = new FormData();
  form.append('id', 'a');
  expect(jobsInQueue(form)).toEqual({ jobIds: ['a'] });
});
