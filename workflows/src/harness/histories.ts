import { historyFromJSON, historyToJSON, type History } from '@temporalio/common/lib/proto-utils.js';
import { Buffer } from 'node:buffer';
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

/** A history as text, an event a line, without what tells about the machine that recorded it. */
export function toText(workflowId: string, history: History): string {
  const { events } = JSON.parse(historyToJSON(history), scrub) as { readonly events: readonly unknown[] };
  const lines = events.map((event) => JSON.stringify(event));
  return `{"workflowId":${JSON.stringify(workflowId)},"events":[\n${lines.join(',\n')}\n]}\n`;
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
      const text = await readFile(join(HISTORIES, file), 'utf8');
      const { workflowId, ...history } = JSON.parse(text) as { readonly workflowId: string };
      return { name: file.replace(/\.json$/, ''), workflowId, history: historyFromJSON(history) };
    }),
  );
}

/** In the shape in which the replayer takes them. */
export async function* asIterable(histories: readonly RecordedHistory[]): ReplayHistoriesIterable {
  yield* histories;
}
