/**
 * The same bytes as `encode`, for the one place that cannot afford memory for each datagram: puts a QUERY or RESPONSE together
 * in memory that it uses again for the next. Checks nothing: what it is given was read from a message or a pair. Tests hold it
 * to `encode` on random messages.
 */

import { type Endpoint, ipOf, portOf } from '../../endpoint';
import { copyBytes, copyUntil, KeptViews } from '../../short-bytes';
import { DATAGRAM_MAX } from '../writer';
import { CLIENT_IP_OFFSET, CLIENT_PORT_OFFSET, QUERY, QUERY_HEADER, SEQUENCE_OFFSET, TTL_OFFSET } from './query';
import { RESPONSE, RESPONSE_HEADER } from './response';
import { NUL } from './text';

/** Ends a pair where many stand in one run of bytes. */
const LF = 10;

export class MessageWriter {
  readonly #memory = new Uint8Array(DATAGRAM_MAX);
  readonly #views = new KeptViews(this.#memory);

  /** A QUERY with the key text bytes[start, end), of at most 65,493 bytes. It is lent until the next message. */
  query(ttl: number, client: Endpoint, sequence: number, bytes: Uint8Array, start: number, end: number): Uint8Array {
    const query = this.#views.first(QUERY_HEADER + end - start);
    putUint16(query, 0, QUERY);
    putTtl(query, ttl);
    putClientIp(query, ipOf(client));
    putUint16(query, CLIENT_PORT_OFFSET, portOf(client));
    putUint32(query, SEQUENCE_OFFSET, sequence);
    copyBytes(bytes, start, end - start, query, QUERY_HEADER);
    return query;
  }

  /**
   * A RESPONSE with the pair (key, TAB, value) that stands in `bytes` from `start` up to a LF or their end, and with a NUL if
   * asked for and where one fits. It is lent until the next message.
   */
  response(bytes: Uint8Array, start: number, nul: boolean): Uint8Array {
    const memory = this.#memory;
    putUint16(memory, 0, RESPONSE);
    let end = RESPONSE_HEADER + copyUntil(bytes, start, LF, memory, RESPONSE_HEADER);
    if (nul && end < DATAGRAM_MAX) memory[end++] = NUL;
    return this.#views.first(end);
  }
}

/** Gives a QUERY another ttl, in place. */
export function putTtl(query: Uint8Array, ttl: number): void {
  putUint16(query, TTL_OFFSET, ttl);
}

/** Gives a QUERY another client address, in place. */
export function putClientIp(query: Uint8Array, ip: number): void {
  putUint32(query, CLIENT_IP_OFFSET, ip);
}

function putUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  putUint16(bytes, at, value >>> 16);
  putUint16(bytes, at + 2, value);
}
