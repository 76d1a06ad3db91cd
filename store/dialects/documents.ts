/**
 * The document dialect (store specification, section 2): serves the requests of one client's connection one after the other.
 * It turns bytes into requests of the replica and answers into bytes; what they mean is left to others.
 */

import type { Connection, ConnectionEvents } from '../../shared/tcp/connection';
import { DOCUMENT_FRAMES, REQUESTS, type Reply } from '../../shared/wire/documents';
import { FrameDecoder } from '../../shared/wire/frame';
import { decodeJson, type Json } from '../../shared/wire/json';
import { WireError } from '../../shared/wire/wire-error';
import { completeOperation } from '../documents/operations';
import { asked, encodeReply, replyTo } from './document-request';
import type { Replica } from './replica';

/** A frame must come whole within this time; the first one within it from the connection's beginning. */
const FRAME_MS = 10_000;
/** A connection that asks nothing for so long is closed: clients of ours make another when they need one. */
const IDLE_MS = 300_000;
/** So much may wait behind the request that is served before its connection is read no more, bytes. */
const WAITING_MAX = 2 * DOCUMENT_FRAMES.payloadMax;

export interface DocumentsOptions {
  replica: Replica;
  /** Draws the identity of a document that brings none. */
  newId: () => string;
  /** The first request is a replica's greeting, so this is no client: takes the connection over, with the bytes behind it. */
  greeted: (greeting: readonly Json[], rest: Uint8Array) => void;
}

/** One client. Its errors are told to it; none is thrown. */
export class DocumentsConnection implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #options: DocumentsOptions;
  readonly #decoder = new FrameDecoder(DOCUMENT_FRAMES);
  /** Which time is running. */
  #timing: 'frame' | 'idle' | 'none' = 'frame';
  #serving = false;
  /** Has a request come whole? */
  #known = false;
  /** The other side sends no more. */
  #ended = false;
  /** Nothing is read or sent here any more. */
  #done = false;

  constructor(connection: Connection, options: DocumentsOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.closeAfter(FRAME_MS);
  }

  received(bytes: Uint8Array): void {
    if (this.#done) return;
    this.#decoder.push(bytes);
    if (this.#decoder.pendingBytes > WAITING_MAX) this.#connection.pause();
    void this.#serve();
  }

  drained(): void {
    void this.#serve();
  }

  ended(): void {
    this.#ended = true;
    void this.#serve();
  }

  closed(): void {
    this.#done = true;
  }

  /** Serves what has come whole, in order, while the other side takes its replies. */
  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    while (!this.#done && this.#connection.pendingBytes === 0) {
      const request = this.#next();
      if (request === undefined) break;
      this.#await('none');
      const reply = await this.#reply(request);
      if (!this.#done) this.#connection.send(encodeReply(reply));
      if (this.#decoder.pendingBytes <= WAITING_MAX) this.#connection.resume();
    }
    this.#serving = false;
    if (this.#done) return;
    if (this.#connection.pendingBytes > 0) this.#await('none');
    else if (this.#ended) this.#end();
    else this.#await(this.#decoder.pendingBytes > 0 || !this.#known ? 'frame' : 'idle');
  }

  /** The next request. What is none is told so, and ends the connection. */
  #next(): readonly [string, ...Json[]] | undefined {
    try {
      const payload = this.#decoder.next();
      if (payload === undefined) return undefined;
      const request = requestIn(decodeJson(payload), this.#known);
      if (request[0] === 'replica') {
        this.#done = true;
        this.#connection.closeAfter(undefined);
        return void this.#options.greeted(request, this.#decoder.rest());
      }
      this.#known = true;
      return request;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#connection.send(encodeReply(['ko', error.message]));
      this.#end();
      return undefined;
    }
  }

  async #reply(request: readonly [string, ...Json[]]): Promise<Reply> {
    const { replica, newId } = this.#options;
    const what = asked(request);
    if (what.kind === 'fault') return ['ko', what.reason];
    if (what.kind === 'status') return ['ok', { ...replica.status() }];
    if (what.kind === 'read') return replyTo(await replica.read(what.operation, what.atLeast));
    return replyTo(await replica.write(completeOperation(what.operation, newId), what.request));
  }

  #await(what: 'frame' | 'idle' | 'none'): void {
    if (what === this.#timing) return;
    this.#timing = what;
    this.#connection.closeAfter(what === 'frame' ? FRAME_MS : what === 'idle' ? IDLE_MS : undefined);
  }

  #end(): void {
    this.#done = true;
    this.#connection.end();
  }
}

/** Only the first request of a connection may be a replica's greeting. */
function requestIn(value: Json, known: boolean): readonly [string, ...Json[]] {
  if (!Array.isArray(value)) throw new WireError('json', 0, 'expected a request, a list with an operation first');
  const [name] = value as Json[];
  if (typeof name !== 'string' || !(REQUESTS.includes(name) || (name === 'replica' && !known))) {
    throw new WireError('json', 0, `expected one of ${REQUESTS.join(', ')} first in the list`);
  }
  return value as unknown as readonly [string, ...Json[]];
}
