import { parentPort } from 'node:worker_threads';
import type { Task } from './work.ts';
import { work } from './work.ts';

parentPort?.on('message', (task: Task) => {
  void work(task).then(() => parentPort?.postMessage('done'));
});
