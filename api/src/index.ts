/** REST, event streams, authentication, outbox: the server, and the document of its interface. */
export { startServer, type RunningServer, type ServerOptions } from './server.ts';
export { openApiDocument } from './openapi.ts';
