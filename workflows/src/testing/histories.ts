import { historyFromJSON, historyToJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ReplayHistoriesIterable } from '@temporalio/worker';

/** Where recorded histories are kept. */
export const HISTORIES = join(import.meta.dirname, '..', '..', 'histories');

/** One run of one workflow as it is kept. */
export interface RecordedHistory {
  readonly name: string;
  readonly workflowId: string;
  readonly history: History;
}

/** A history as text, without what tells about the machine that recorded it. */
export function toText(workflowId: string, history: History): string {
  const scrubbed: unknown = JSON.parse(historyToJSON(history), scrub);
  return `${JSON.stringify({ workflowId, ...(scrubbed as object) }, null, 1)}\n`;
}

const NAMELESS = new Set(['identity', 'workerVersion', 'meteringMetadata', 'requestId', 'lastFailure']);
/** Messages and stack traces of failures, encoded by our failure converter. */
const ENCODED = Buffer.from(JSON.stringify({ message: 'scrubbed', stack_trace: '' })).toString('base64');

function scrub(this: unknown, key: string, value: unknown): unknown {
  if (NAMELESS.has(key)) return undefined;
  if (key === 'encodedAttributes') return { ...(value as object), data: ENCODED };
  return typeof value === 'string' ? value.replaceAll(hostname(), 'host').replace(/\b\d+@host\b/, 'worker') : value;
}

/** All recorded histories, in the order of their names. */
export async function readHistories(): Promise<RecordedHistory[]> {
  const files = (await readdir(HISTORIES)).filter((file) => file.endsWith('.json')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const { workflowId, ...history } = JSON.parse(await readFile(join(HISTORIES, file), 'utf8'));
      return { name: file.replace(/\.json$/, ''), workflowId, history: historyFromJSON(history) };
    }),
  );
}

/** In the shape in which the replayer takes them. */
export async function* asIterable(histories: readonly RecordedHistory[]): ReplayHistoriesIterable {
  yield* histories;
}
