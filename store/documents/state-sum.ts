/**
 * A sum over a set of records that costs one hash for each that comes or goes, in whatever order: the exclusive or of their
 * SHA-256. It tells states apart that a fault made different; it is no proof against somebody who chooses records.
 */

import { hash } from 'node:crypto';

const WORDS = 8;

export class StateSum {
  readonly #words = new Uint32Array(WORDS);

  constructor(hex = '') {
    Buffer.from(hex, 'hex').copy(Buffer.from(this.#words.buffer));
  }

  /** A record comes, or goes. */
  toggle(record: string): void {
    const digest = hash('sha256', record, 'buffer');
    const words = this.#words;
    for (let i = 0; i < WORDS; i++) words[i]! ^= digest.readUInt32LE(i * 4);
  }

  toString(): string {
    return Buffer.from(this.#words.buffer).toString('hex');
  }
}
