import { api, must } from '#lib/server/api.ts';
import type { RequestHandler } from './$types';

/** The newest version of a profile as a file. */
export const GET: RequestHandler = async (event) => {
  const content = must(
    await api(event).GET('/api/v1/profiles/{id}/export', { params: { path: { id: event.params.id } } }),
  );
  return new Response(`${JSON.stringify(content, undefined, 2)}\n`, {
    headers: {
      'content-type': 'application/json',
      'content-disposition': `attachment; filename="${content.id}.${content.version}.profile.json"`,
    },
  });
};
