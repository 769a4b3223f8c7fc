import type { Middleware } from 'koa';
import { createProxyServer } from 'http-proxy-3';
import type { RequestState } from './context.ts';

const RETRY_SECONDS = 3;
const STARTING = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="${RETRY_SECONDS}"><title>Viaduct</title></head>
<body><h1>Viaduct is starting</h1><p>Its pages are not there yet. This page asks again every ${RETRY_SECONDS} seconds.</p></body></html>
`;

/** Where the pages are served, and the public URL if one is configured. */
export interface PagesOptions {
  /** 127.0.0.1 by default. */
  readonly webHost?: string;
  readonly webPort: number;
  readonly publicOrigin?: string;
}

/** Passes everything that is not for the API to the pages; a friendly 503 while they are not up. */
export function proxyToPages({ webHost, webPort, publicOrigin }: PagesOptions): Middleware<RequestState> {
  const proxy = createProxyServer({
    target: { host: webHost ?? '127.0.0.1', port: webPort },
    xfwd: true,
    proxyTimeout: 120_000,
    timeout: 120_000,
  });
  if (publicOrigin) {
    // Behind a proxy that ends TLS only the setting knows how browsers reach us; headers of a request may be forged.
    const { protocol, host } = new URL(publicOrigin);
    proxy.on('proxyReq', (asked) => {
      asked.setHeader('x-forwarded-proto', protocol.slice(0, -1));
      asked.setHeader('x-forwarded-host', host);
    });
  }
  // When the pages break off in the middle of an answer, the browser learns of it at once instead of waiting for the rest.
  proxy.on('proxyRes', (answer, _request, response) => {
    answer.once('close', () => {
      if (!answer.complete) response.destroy();
    });
  });
  proxy.on('error', (_error, _request, response) => {
    if (!('writeHead' in response)) return;
    if (response.headersSent) return void response.destroy();
    response
      .writeHead(503, {
        'content-type': 'text/html; charset=utf-8',
        'retry-after': String(RETRY_SECONDS),
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      })
      .end(STARTING);
  });
  return (ctx) => {
    ctx.state.route = 'page';
    ctx.respond = false;
    ctx.res.statusCode = 200;
    proxy.web(ctx.req, ctx.res);
  };
}
