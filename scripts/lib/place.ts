import { canListen, freePort } from './ports.ts';
import { Sentence } from './sentence.ts';

/** Where a child listens. Asked before each of its starts, as another program may have taken the port meanwhile. */
export class Place {
  readonly #host: string;
  readonly #variable: string | undefined;
  #port: number;

  private constructor(port: number, host: string, variable?: string) {
    this.#port = port;
    this.#host = host;
    this.#variable = variable;
  }

  /** A loopback port that nobody relies on. */
  static async chosen(): Promise<Place> {
    return new Place(await freePort(), '127.0.0.1');
  }

  /** A port that people or peers rely on, given by a setting. */
  static given(port: number, host: string, variable: string): Place {
    return new Place(port, host, variable);
  }

  get port(): number {
    return this.#port;
  }

  /**
   * Makes sure that the port can be taken: one that was chosen is chosen again where it cannot.
   * @returns whether it was chosen again
   * @throws Sentence when it was given
   */
  async settle(): Promise<boolean> {
    if (await canListen(this.#port, this.#host)) return false;
    if (this.#variable !== undefined)
      throw new Sentence(
        `port ${this.#port} on ${this.#host} is in use or not allowed; free it or set ${this.#variable} to another port.`,
      );
    this.#port = await freePort();
    return true;
  }
}
