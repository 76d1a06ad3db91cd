/**
 * Where memories of seen queries have their words: one of its own each, or many side by side in few arrays. In a simulator with a
 * million servents a small array each costs more than what stands in it, in memory and in time.
 */

/** Words in one of the arrays, from `at` on, all 0. */
export interface Words {
  array: Uint32Array;
  at: number;
}

/** Where words are to be had; those that are not needed any more are not given back. */
export interface SeenRoom {
  take(length: number): Words;
}

/** An array of its own for each who asks. */
export const OWN_ROOM: SeenRoom = { take: (length) => ({ array: new Uint32Array(length), at: 0 }) };

/** 4 MiB: some sixty thousand small memories. */
const SHARED_LENGTH = 1 << 20;

/** Arrays that many share. What they grew out of stays unused, which is less than what they use. */
export class SharedRoom implements SeenRoom {
  #array = new Uint32Array(0);
  #used = 0;

  take(length: number): Words {
    if (length > SHARED_LENGTH) return OWN_ROOM.take(length);
    if (this.#used + length > this.#array.length) {
      this.#array = new Uint32Array(SHARED_LENGTH);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += length;
    return { array: this.#array, at };
  }
}
