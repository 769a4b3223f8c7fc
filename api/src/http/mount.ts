import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import { may } from '@viaduct/domain';
import type { z } from 'zod';
import { operations } from '../operations/index.ts';
import type { Access, Operation } from '../operations/operation.ts';
import type { RequestContext, RequestState, SignedIn } from './context.ts';
import { issueWords } from './issueWords.ts';
import { ApiProblem, notFound } from './problems.ts';
import type { Call, Route } from './route.ts';

/** Finds out who is behind a request. */
export type Authenticate = (ctx: RequestContext) => Promise<SignedIn | undefined>;

/** How the operations are served. */
export interface MountOptions {
  readonly authenticate: Authenticate;
  /** Checks each answer against its schema (tests). */
  readonly checkAnswers?: boolean;
}

const parse = (jsonLimit: string) => bodyParser({ enableTypes: ['json'], jsonLimit, jsonStrict: true });
const small = parse('200kb');
/** A job of 100,000 studies has about 20 MB. */
const large = parse('32mb');

/** Serves every declared operation; throws at once when one has no handler, or a handler no operation. */
export function mount(routes: readonly Route[], options: MountOptions): Router<RequestState> {
  const declared = new Set(operations);
  const bound = new Set(routes.map(({ operation }) => operation));
  const odd = [...declared, ...bound].filter((one) => !(declared.has(one) && bound.has(one)));
  if (odd.length > 0 || bound.size !== routes.length) {
    throw new Error(`operations and routes differ: ${odd.map(({ id }) => id).join(', ')}`);
  }
  const router = new Router<RequestState>({ prefix: '/api/v1' });
  for (const { operation, handle } of routes) {
    router[operation.method](
      operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      async (ctx, next) => {
        ctx.state.route = operation.path;
        ctx.state['actor'] = await admit(operation.access, ctx, options.authenticate);
        await next();
      },
      operation.id === 'createJob' ? large : small,
      async (ctx) => answer(ctx, operation, await handle(readCall(ctx, operation)), options.checkAnswers ?? false),
    );
  }
  return router;
}

async function admit(access: Access, ctx: RequestContext, authenticate: Authenticate): Promise<SignedIn | undefined> {
  if (access === 'public') return undefined;
  const actor = await authenticate(ctx);
  if (!actor) throw new ApiProblem(401, 'Sign in first.');
  ctx.state.userId = actor.userId;
  if (access === 'session') return actor;
  if (actor.mustChangePassword) {
    throw new ApiProblem(403, 'Choose a password of your own first.', { name: 'password-change-required' });
  }
  const lacking = access.filter((permission) => !may(actor, permission));
  if (lacking.length > 0) throw new ApiProblem(403, `You do not have the permission: ${lacking.join(', ')}.`);
  return actor;
}

function readCall(ctx: RequestContext & { params: Record<string, string> }, operation: Operation): Call<Operation> {
  const params = operation.params?.safeParse(ctx.params);
  if (params && !params.success) throw notFound('thing');
  const body = (ctx.request as { body?: unknown }).body;
  if (operation.body && !ctx.is('json')) throw new ApiProblem(415, 'The body has to be JSON (application/json).');
  return {
    params: params?.data,
    query: validated(operation.query, { ...ctx.query }),
    headers: validated(operation.headers, { ...ctx.headers }),
    body: validated(operation.body, body),
    actor: ctx.state['actor'] as SignedIn,
    ctx,
  } as Call<Operation>;
}

function validated(schema: z.ZodType | undefined, given: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(given, { error: issueWords });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, 100).map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new ApiProblem(422, 'Some of what was sent is not valid.', { errors });
}

function answer(ctx: RequestContext, operation: Operation, result: unknown, check: boolean): void {
  const { answer: declared } = operation;
  if (declared.kind === 'events') return;
  if (declared.kind === 'empty') {
    ctx.status = 204;
    return;
  }
  let content = result;
  if (declared.kind === 'download') {
    const file = result as { fileName: string; content: unknown };
    ctx.attachment(file.fileName);
    content = file.content;
  } else if (ctx.status !== 503) {
    ctx.status = declared.status;
  }
  if (check) declared.schema.parse(content);
  ctx.type = 'application/json';
  ctx.body = JSON.stringify(content);
}
