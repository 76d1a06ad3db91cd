/** Reads fields from a datagram in wire order. It checks every bound, so decoders hold no arithmetic. */

import { WireError } from './wire-error';

export class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Byte offset of the next field. */
  get offset(): number {
    return this.#offset;
  }

  /** @throws WireError `short` when fewer than 2 bytes are left. */
  uint16(field: string): number {
    const at = this.#take(2, field);
    return this.#bytes[at]! * 256 + this.#bytes[at + 1]!;
  }

  /** @throws WireError `short` when fewer than 4 bytes are left. */
  uint32(field: string): number {
    return this.uint16(field) * 65_536 + this.uint16(field);
  }

  /** Everything to the end of the datagram: a view, not a copy. */
  rest(): Uint8Array {
    return this.#bytes.subarray(this.#take(this.#bytes.length - this.#offset, 'rest'));
  }

  #take(length: number, field: string): number {
    const at = this.#offset;
    if (at + length > this.#bytes.length) {
      throw new WireError('short', this.#bytes.length, `expected ${length} bytes of ${field}, the datagram ends`);
    }
    this.#offset += length;
    return at;
  }
}
