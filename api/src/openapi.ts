import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { operations } from './operations/index.ts';
import type { Answer, Operation } from './operations/operation.ts';
import { problem } from './schemas/common.ts';

/** Version of the interface, not of the software. */
const VERSION = '1.0.0';

type Responses = NonNullable<ZodOpenApiOperationObject['responses']>;

function success(answer: Answer): Responses {
  switch (answer.kind) {
    case 'json': {
      const content = { 'application/json': { schema: answer.schema } };
      const good = { [answer.status]: { description: 'As asked', content } };
      return answer.also503 ? { ...good, 503: { description: 'Not ready', content } } : good;
    }
    case 'empty':
      return { 204: { description: 'Done' } };
    case 'events': {
      const events = Object.entries(answer.events).map(([event, data]) => z.object({ event: z.literal(event), data }));
      return {
        200: {
          description: 'Server-sent events: the name stands in `event`, the data as JSON in `data`',
          content: { 'text/event-stream': { schema: z.union(events) } },
        },
      };
    }
    case 'download':
      return { 200: { description: 'A file', content: { 'application/json': { schema: answer.schema } } } };
  }
}

function failures(operation: Operation): Responses {
  const content = { 'application/problem+json': { schema: problem } };
  const when: Record<string, string> = { ...operation.problems };
  if (operation.access !== 'public') {
    when['401'] = 'Nobody is signed in';
    when['403'] = 'The permission is lacking, or the one-time password has not been changed yet';
  }
  if (operation.body ?? operation.query ?? operation.params ?? operation.headers)
    when['422'] = 'The input is not valid';
  return Object.fromEntries(Object.entries(when).map(([status, description]) => [status, { description, content }]));
}

function describe(operation: Operation): ZodOpenApiOperationObject {
  const { params, query, headers, body, access } = operation;
  const permissions = typeof access === 'string' ? '' : `Permission: ${access.join(', ')}.`;
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: [operation.description, permissions].filter(Boolean).join('\n\n') || undefined,
    security: access === 'public' ? [] : [{ session: [] }],
    requestParams: {
      ...(params && { path: params }),
      ...(query && { query }),
      ...(headers && { header: headers }),
    },
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: { ...success(operation.answer), ...failures(operation) },
  };
}

/** The OpenAPI 3.1 document of the whole API, made from the declared operations. */
export function openApiDocument(): Record<string, unknown> {
  const paths: ZodOpenApiPathsObject = {};
  for (const operation of operations) {
    const path = `/api/v1${operation.path}`;
    paths[path] = { ...paths[path], [operation.method]: describe(operation) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Viaduct',
      version: VERSION,
      description:
        'Durable DICOM transfer. People sign in with `POST /api/auth/sign-in/username`; unsafe methods need the origin of the server itself. Errors are problems (RFC 9457).',
      license: { name: 'AGPL-3.0-or-later', identifier: 'AGPL-3.0-or-later' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: 'viaduct.session_token' } },
    },
  }) as unknown as Record<string, unknown>;
}
