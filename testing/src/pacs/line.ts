import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Script } from './script.ts';

/** Bytes under way in one direction above which the sender is held back. */
const UNDER_WAY = 4 * 1024 * 1024;
/** A PDU is written in two parts where Nagle's algorithm shall show: the second waits for the acknowledgement of the first. */
const PDU_HEADER_BYTES = 6;

interface Waiting {
  readonly bytes: Buffer;
  /** When it came, ms. */
  readonly at: number;
}

/** Passes bytes on in one direction, as late and as slowly as the script says. */
class Direction {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #script: Script;
  #queue: Waiting[] = [];
  #queued = 0;
  #freeAt = 0;
  #isRunning = false;
  #isEnded = false;

  constructor(from: Socket, to: Socket, script: Script) {
    this.#from = from;
    this.#to = to;
    this.#script = script;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => this.#end());
  }

  #take(bytes: Buffer): void {
    this.#queue.push({ bytes, at: performance.now() });
    this.#queued += bytes.length;
    if (this.#queued > UNDER_WAY) this.#from.pause();
    if (!this.#isRunning) void this.#run();
  }

  #end(): void {
    this.#isEnded = true;
    if (!this.#isRunning) this.#to.end();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await this.#travel(next);
      await this.#write(next.bytes);
      this.#queued -= next.bytes.length;
      if (this.#queued <= UNDER_WAY) this.#from.resume();
    }
    this.#isRunning = false;
    if (this.#isEnded) this.#to.end();
  }

  /** The time on the line: latency since it came, and the bandwidth since the last bytes. */
  async #travel({ bytes, at }: Waiting): Promise<void> {
    const { bytesPerSecond = Infinity } = this.#script.faults.line ?? {};
    const now = performance.now();
    this.#freeAt = Math.max(now, this.#freeAt, at + this.#script.latencyMs()) + (bytes.length / bytesPerSecond) * 1000;
    if (this.#freeAt > now) await new Promise((resolve) => setTimeout(resolve, this.#freeAt - now).unref());
  }

  /** Settles when the system has taken the bytes, or the connection is gone. */
  #write(bytes: Buffer): Promise<void> {
    const hasNagle = this.#script.faults.line?.nagle ?? false;
    this.#to.setNoDelay(!hasNagle);
    return new Promise((resolve) => {
      const rest = hasNagle && bytes.length > PDU_HEADER_BYTES ? bytes.subarray(PDU_HEADER_BYTES) : undefined;
      if (rest) this.#to.write(bytes.subarray(0, PDU_HEADER_BYTES));
      this.#to.write(rest ?? bytes, () => resolve());
    });
  }
}

/** The network before a PACS: what goes wrong below DICOM goes wrong here. */
export class Line {
  readonly #script: Script;
  /** Connections of peers, by the remote port that the association sees. */
  readonly #peers = new Map<number, Socket>();
  #isDown = false;

  constructor(script: Script) {
    this.#script = script;
  }

  /** A new connection of a peer, as the PACS shall get it: with a bad line in between if the script has one. */
  async through(peer: Socket): Promise<Socket> {
    peer.on('error', () => undefined);
    if (this.#isDown) return reset(peer);
    const pacs = this.#script.faults.line === undefined ? peer : await spliced(peer, this.#script);
    const remotePort = pacs.remotePort ?? 0;
    this.#peers.set(remotePort, peer);
    peer.once('close', () => this.#peers.delete(remotePort));
    return pacs;
  }

  /** Ends the direction to a peer (FIN) and goes on reading. @param remotePort of the association */
  halfClose(remotePort: number): void {
    this.#peers.get(remotePort)?.end();
  }

  /** Resets every connection (RST). */
  reset(): void {
    for (const peer of this.#peers.values()) reset(peer);
  }

  /** Resets every connection and every new one, until `up`. */
  down(): void {
    this.#isDown = true;
    this.reset();
  }

  up(): void {
    this.#isDown = false;
  }
}

/** Closes with RST, under TLS without its closing words. */
function reset(socket: Socket): Socket {
  return 'encrypted' in socket ? socket.destroy() : socket.resetAndDestroy();
}

/** Puts a bad line behind the connection of a peer; gives its other end. */
async function spliced(peer: Socket, script: Script): Promise<Socket> {
  const server = net.createServer({ noDelay: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const near = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
  const [far] = (await once(server, 'connection')) as [Socket];
  server.close();
  near.on('error', () => undefined);
  // What is closed on one side is of no use on the other; what is still to be written goes out first.
  peer.once('close', () => near.destroySoon());
  near.once('close', () => peer.destroySoon());
  new Direction(peer, near, script);
  new Direction(near, peer, script);
  return far;
}
