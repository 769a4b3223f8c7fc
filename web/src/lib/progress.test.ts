import { expect, test } from 'vitest';
import { progressOfJob, progressOfTask } from './progress.ts';

const tasks = { pending: 0, running: 0, paused: 0, canceled: 0, success: 0, warning: 0, failure: 0, total: 0 };

test('a task counts what is on its way apart from what is verified', () => {
  const instances = { expected: 500, retrieved: 320, stored: 250, verified: 200, failed: 3 };
  expect(progressOfTask({ instances, state: 'running' })).toEqual({
    total: 500,
    done: 200,
    failed: 3,
    running: 120,
    text: '200 of 500 images · 3 failed',
  });
});

test('studies that have not begun take their share of the bar of a job', () => {
  const instances = { expected: 500, retrieved: 500, stored: 500, verified: 500, failed: 0 };
  const progress = progressOfJob({ instances, tasks: { ...tasks, success: 1, pending: 3, total: 4 } });
  expect(progress.total).toBe(2000);
  expect(progress.text).toBe('500 of 500 images');
});

test('a job whose images are not known yet says so and counts its studies', () => {
  const instances = { expected: 0, retrieved: 0, stored: 0, verified: 0, failed: 0 };
  const progress = progressOfJob({ instances, tasks: { ...tasks, pending: 2, failure: 1, total: 3 } });
  expect(progress).toEqual({ total: 3, done: 0, failed: 1, running: 0, text: 'no images known yet' });
  expect(progressOfTask({ instances, state: 'failure' }).text).toBe('no images');
});
