/** Randomness that can be had again: a failing test names its seed, and `SEED=<seed>` in the environment replays it. */

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { hex } from './bytes';
import { golden, malformed } from './fixtures';

/** What a test draws from its seed. */
export interface Draws {
  /** 32 random bits, as a signed integer. */
  bits(): number;
  /** An integer from 0 to `below` - 1. Fast, and slightly uneven. */
  below(below: number): number;
  /** An integer from `low` to `high`, even. */
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Runs a test with a seed of its own; whatever it throws then names the seed. */
export function seeded(test: (random: Draws) => void): () => void {
  return () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 0x7fff_ffff));
    try {
      test(drawsOf(seed));
    } catch (error) {
      if (error instanceof Error) error.message += ` (SEED=${seed} replays this)`;
      throw error;
    }
  };
}

export function drawsOf(seed: number): Draws {
  const generator = xoroshiro128plus(seed);
  const bits = () => generator.next();
  const below = (limit: number) => (generator.next() >>> 0) % limit;
  return {
    bits,
    below,
    between: (low, high) => uniformInt(generator, low, high),
    pick: (items) => items[below(items.length)]!,
  };
}

const DATAGRAMS = [...golden, ...malformed].map((entry) => hex(entry.hex));
const LONGEST = Math.max(...DATAGRAMS.map((bytes) => bytes.length)) + 8;
/** Values at which a field's meaning changes. */
const EDGES = [0, 1, 2, 3, 4, 9, 10, 32, 35, 127, 128, 223, 224, 239, 240, 254, 255];

/**
 * Makes datagrams that are nearly well-formed: those of the fixtures, cut, lengthened, overwritten and spliced; a few are noise.
 * The bytes are lent until the next call.
 */
export function datagramMaker({ bits, below, pick }: Draws): () => Uint8Array {
  const memory = new Uint8Array(LONGEST);
  return () => {
    const origin = pick(DATAGRAMS);
    memory.set(origin);
    let length = origin.length;
    const fate = below(16);
    if (fate === 0) {
      length = below(24);
      for (let i = 0; i < length; i++) memory[i] = bits();
      if (below(2) === 0) memory[0] = 0;
      if (below(2) === 0) memory[1] = below(5);
    } else if (fate < 4) {
      length = below(length + 1);
    } else if (fate < 6) {
      const other = pick(DATAGRAMS);
      const from = below(other.length + 1);
      memory.set(other.subarray(from), from);
      length = Math.max(from, other.length);
      memory.fill(pick(EDGES), origin.length, Math.max(origin.length, from));
    } else if (fate < 8) {
      const more = below(8);
      memory.fill(pick(EDGES), length, length + more);
      length += more;
    }
    for (let changes = below(4); changes > 0 && length > 0; changes--) {
      memory[below(length)] = below(2) === 0 ? pick(EDGES) : bits();
    }
    return memory.subarray(0, length);
  };
}
