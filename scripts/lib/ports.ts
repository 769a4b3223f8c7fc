import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { Sentence } from './sentence.ts';

/** Whether a port can be listened on now. */
export async function canListen(port: number, host: string): Promise<boolean> {
  return (await listens(port, host)) !== undefined;
}

function listens(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

/** Below what systems give to outgoing connections and to port 0, so that nothing takes a port before its server does. */
const PORTS = [20_000, 32_000] as const;
const ATTEMPTS = 100;

/** The wished loopback port when it is free, else any free one. */
export async function freePort(wished = 0, host = '127.0.0.1'): Promise<number> {
  if (wished && (await listens(wished, host))) return wished;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await listens(randomInt(...PORTS), host);
    if (port) return port;
  }
  throw new Sentence(`no port can be opened on ${host}; check the network settings of this machine.`);
}
