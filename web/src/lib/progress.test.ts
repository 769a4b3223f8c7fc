import { expect, test } from 'vitest';
import { progressOfJob, progressOfTask } from './progress.ts';

const tasks = { pending: 0, running: 0, paused: 0, canceled: 0, success: 0, warning: 0, failure: 0, total: 0 };
const none = { expected: 0, retrieved: 0, stored: 0, verified: 0, failed: 0 };
const all = { expected: 500, retrieved: 500, stored: 500, verified: 500, failed: 0 };

test('a task counts what is on its way apart from what is verified', () => {
  const instances = { expected: 480, retrieved: 320, stored: 250, verified: 200, failed: 3 };
  expect(progressOfTask({ instances, shortfall: 20, state: 'running' })).toEqual({
    total: 500,
    done: 200,
    warning: 0,
    failed: 3,
    running: 120,
    text: '200 of 500 images · 3 failed',
  });
});

test.each([
  ['without images', none, 0, { total: 1, done: 0, failed: 1, text: 'no images' }],
  ['whose source named too few', all, 3, { total: 503, done: 500, failed: 3, text: '500 of 503 images' }],
])('the bar of a failed task %s is red', (_which, instances, shortfall, bar) => {
  expect(progressOfTask({ instances, shortfall, state: 'failure' })).toMatchObject(bar);
});

test('what is done with remarks is told apart', () => {
  expect(progressOfTask({ instances: all, shortfall: 0, state: 'warning' })).toMatchObject({ done: 0, warning: 500 });
  const counts = { ...tasks, success: 3, warning: 1, total: 4 };
  expect(progressOfJob({ instances: all, tasks: counts })).toMatchObject({ done: 375, warning: 125, failed: 0 });
});

test('studies that have not begun take their share of the bar of a job', () => {
  const progress = progressOfJob({ instances: all, tasks: { ...tasks, success: 1, pending: 3, total: 4 } });
  expect(progress.total).toBe(2000);
  expect(progress.text).toBe('500 of 500 images');
});

test('studies that failed before their images were known take a red share', () => {
  const progress = progressOfJob({ instances: all, tasks: { ...tasks, success: 1, failure: 1, total: 2 } });
  expect(progress).toMatchObject({ total: 1000, done: 500, failed: 500, text: '500 of 500 images' });
});

test('a job whose images are not known yet says so and counts its studies', () => {
  const progress = progressOfJob({ instances: none, tasks: { ...tasks, pending: 2, failure: 1, total: 3 } });
  expect(progress).toEqual({ total: 3, done: 0, warning: 0, failed: 1, running: 0, text: 'no images known yet' });
});
