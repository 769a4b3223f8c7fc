import { ENDED_STATES } from '@viaduct/domain';
import { api, must } from '#lib/server/api.ts';
import type { RequestHandler } from './$types';

/** The manifests of all studies of a job that have ended, one line of JSON each, read while the file is sent. */
export const GET: RequestHandler = async (event) => {
  const { id } = event.params;
  const client = api(event);
  const job = must(await client.GET('/api/v1/jobs/{id}', { params: { path: { id } } }));
  const read = async (cursor?: string) =>
    must(
      await client.GET('/api/v1/jobs/{id}/tasks', {
        params: { path: { id }, query: { state: [...ENDED_STATES], limit: 200, cursor } },
      }),
    );
  let page = await read();
  let at = 0;
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      for (;;) {
        const task = page.items[at++];
        if (!task && page.nextCursor === null) return controller.close();
        if (!task) {
          page = await read(page.nextCursor ?? undefined);
          at = 0;
          continue;
        }
        const { data } = await client.GET('/api/v1/jobs/{id}/tasks/{no}/manifest', {
          params: { path: { id, no: task.taskNo } },
        });
        // A study that was canceled before it began has none.
        if (data) return controller.enqueue(encoder.encode(`${JSON.stringify(data)}\n`));
      }
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'application/jsonl; charset=utf-8',
      'content-disposition': `attachment; filename="job-${job.number}-manifests.jsonl"`,
    },
  });
};
