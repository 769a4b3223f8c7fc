import { createClient, type ViaductClient } from '@viaduct/client';
import { faults } from './words/frame.ts';

async function fetchOrProblem(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    const detail = `${faults.apiDown} ${faults.stillThere}`;
    const problem = { type: 'about:blank', title: faults.apiDown, status: 503, detail };
    return Response.json(problem, { status: 503, headers: { 'content-type': 'application/problem+json' } });
  }
}

/** The API as a page in the browser asks it. A server that does not answer is a problem in words like any other. */
export const askApi = (): ViaductClient => createClient({ baseUrl: window.location.origin, fetch: fetchOrProblem });
