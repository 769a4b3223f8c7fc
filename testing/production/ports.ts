import net from 'node:net';
import { once } from 'node:events';

const ATTEMPTS = 50;

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** A port of the loopback interface at which, and at the given distances from which, nothing listens. */
export async function freePorts(distances: readonly number[]): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Below the range that systems give to outgoing connections.
    const first = 12_000 + Math.floor(Math.random() * 15_000);
    const free = await Promise.all(distances.map((distance) => isFree(first + distance)));
    if (free.every(Boolean)) return first;
  }
  throw new Error('no free ports');
}
