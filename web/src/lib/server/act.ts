import type { ActionInput } from '@viaduct/client';
import { fail, type RequestEvent } from '@sveltejs/kit';
import { ACTIONS, type Action } from '@viaduct/domain';
import { faults } from '../words/frame.ts';
import { api, problemOf } from './api.ts';
import { valuesOf } from './form.ts';

function isAction(text: string | undefined): text is Action {
  return (ACTIONS as readonly (string | undefined)[]).includes(text);
}

/** Asks for what a posted form says (`action`, for a pause its `mode`) of a job, or of one of its tasks. */
export async function act(event: RequestEvent, jobId: string, taskNo?: number) {
  const { action, mode } = valuesOf(await event.request.formData());
  if (!isAction(action)) return fail(400, { problem: faults.notDone });
  const body: ActionInput =
    action === 'pause' && (mode === 'drain' || mode === 'interrupt') ? { action, mode } : { action };
  const client = api(event);
  const problem = problemOf(
    taskNo === undefined
      ? await client.POST('/api/v1/jobs/{id}/actions', { params: { path: { id: jobId } }, body })
      : await client.POST('/api/v1/jobs/{id}/tasks/{no}/actions', {
          params: { path: { id: jobId, no: taskNo } },
          body,
        }),
  );
  if (problem) return fail(problem.status, { problem: problem.detail || problem.title });
  return { asked: action };
}
