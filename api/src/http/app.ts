import Koa from 'koa';
import helmet from 'koa-helmet';
import type { Logger } from 'pino';
import type { Auth } from '../people/auth.ts';
import { authenticateBy } from '../people/authenticate.ts';
import { authRoutes } from '../people/authRoutes.ts';
import type { RequestState } from './context.ts';
import { envelope } from './envelope.ts';
import { mount } from './mount.ts';
import { ApiProblem } from './problems.ts';
import { type PagesOptions, proxyToPages } from './proxy.ts';
import type { Route } from './route.ts';
import { requireSameOrigin } from './sameOrigin.ts';

/** What the application is made of. */
export interface AppOptions extends PagesOptions {
  readonly auth: Auth;
  readonly origin: string;
  readonly log: Logger;
  readonly routes: readonly Route[];
  readonly checkAnswers?: boolean;
}

/** Answers of the API are data: no browser shall run, frame, sniff or keep them. */
const policy = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'frame-ancestors': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
    },
  },
  crossOriginResourcePolicy: { policy: 'same-origin' },
  referrerPolicy: { policy: 'no-referrer' },
  frameguard: { action: 'deny' },
  hsts: false,
});

/** The HTTP application: `/api` here, everything else from the pages. */
export function createApp(options: AppOptions): Koa<RequestState> {
  const { auth, origin, log, routes, checkAnswers } = options;
  const app = new Koa<RequestState>();
  app.silent = true; // the envelope has logged what there is to say
  const api = mount(routes, { authenticate: authenticateBy(auth), checkAnswers });
  const people = authRoutes(auth);
  const pages = proxyToPages(options);

  app.use(envelope(log));
  app.use(async (ctx, next) => {
    if (ctx.path !== '/api' && !ctx.path.startsWith('/api/')) return void (await pages(ctx, next));
    ctx.set('cache-control', 'no-store');
    await policy(ctx, next);
  });
  app.use(requireSameOrigin(origin));
  app.use(people.routes());
  app.use(api.routes());
  app.use(async (ctx) => {
    if (api.match(ctx.path, ctx.method).path.length > 0) throw new ApiProblem(405, 'This method is not known here.');
  });
  return app;
}
