/**
 * One connection of the key-value dialect: one request comes, one reply goes, and it ends (key-value specification, section 2).
 * What a request means is left to whoever answers it.
 */

import type { Connection, ConnectionEvents } from '../../../shared/tcp/connection';
import {
  decodeMessage,
  encodeMessage,
  errorMessage,
  type KeyValueMessage,
  ObjectDecoder,
} from '../../../shared/wire/key-value';
import { WireError } from '../../../shared/wire/wire-error';

/** A request must come whole within this time from the connection's beginning. */
const REQUEST_MS = 10_000;

/** Answers a request. `client` is the other side, `ip:port`. Never rejects. */
export type Answerer = (request: KeyValueMessage, client: string) => Promise<KeyValueMessage>;

export class KeyValueConnection implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #answer: Answerer;
  readonly #decoder = new ObjectDecoder();
  /** The request has come, or will not. */
  #done = false;

  constructor(connection: Connection, answer: Answerer) {
    this.#connection = connection;
    this.#answer = answer;
    connection.closeAfter(REQUEST_MS);
  }

  received(bytes: Uint8Array): void {
    if (this.#done) return;
    try {
      const object = this.#decoder.push(bytes);
      if (object === undefined) return;
      this.#done = true;
      void this.#serve(decodeMessage(object));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#reply(errorMessage(error.message));
    }
  }

  drained(): void {}

  /** Whoever has said all may still read. */
  ended(): void {
    if (this.#done) return;
    if (this.#decoder.isBegun) this.#reply(errorMessage('expected a whole JSON object, got the end of the connection'));
    else this.#connection.destroy();
  }

  closed(): void {
    this.#done = true;
  }

  async #serve(request: KeyValueMessage): Promise<void> {
    // What is sent behind a request is nothing, and may not fill memory meanwhile.
    this.#connection.pause();
    this.#connection.closeAfter(undefined);
    this.#reply(await this.#answer(request, this.#connection.remote));
  }

  #reply(message: KeyValueMessage): void {
    this.#done = true;
    this.#connection.send(encodeMessage(message));
    this.#connection.end();
  }
}
