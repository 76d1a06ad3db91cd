/** Writes fields into a new datagram in wire order. */

import { WireError } from './wire-error';

/** The most a UDP datagram over IPv4 can carry: 65,535 less 20 bytes of IP and 8 of UDP header (RFC 768, RFC 791). */
export const DATAGRAM_MAX = 65_507;

export class Writer {
  readonly #bytes: Uint8Array;
  #offset = 0;

  /** @throws WireError `too-long` when `length` bytes fit no datagram. */
  constructor(length: number) {
    if (length > DATAGRAM_MAX) {
      throw new WireError(
        'too-long',
        DATAGRAM_MAX,
        `expected at most ${DATAGRAM_MAX} bytes, the message has ${length}`,
      );
    }
    this.#bytes = new Uint8Array(length);
  }

  uint16(value: number): this {
    this.#bytes[this.#offset++] = value >>> 8;
    this.#bytes[this.#offset++] = value;
    return this;
  }

  uint32(value: number): this {
    return this.uint16(value >>> 16).uint16(value & 0xffff);
  }

  raw(bytes: Uint8Array): this {
    this.#bytes.set(bytes, this.#offset);
    this.#offset += bytes.length;
    return this;
  }

  /** The datagram. */
  done(): Uint8Array {
    return this.#bytes;
  }
}
