/** Numbers drawn from a seed: the only source of chance for generators and the simulator. */

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Seeds that differ in few bits begin with numbers that look alike; these many are thrown away. */
const WARM_UP = 16;

export class Random {
  readonly #generator;

  /** `seed` is an integer; its low 32 bits count. */
  constructor(seed: number) {
    this.#generator = xoroshiro128plus(seed | 0);
    for (let i = 0; i < WARM_UP; i++) this.#generator.next();
  }

  /** An integer from 0 to 2^32 - 1. */
  word(): number {
    return this.#generator.next() >>> 0;
  }

  /** A number from 0 up to, but not, 1. */
  unit(): number {
    return (this.#generator.next() >>> 0) / 0x1_0000_0000;
  }

  /** An integer from 0 to `count` - 1, each as likely as another. */
  below(count: number): number {
    return uniformInt(this.#generator, 0, count - 1);
  }

  /** True in so many cases of a hundred; draws nothing for 0. */
  chance(percent: number): boolean {
    return percent > 0 && this.unit() * 100 < percent;
  }

  shuffle(items: { [index: number]: number; length: number }): void {
    for (let i = items.length - 1; i > 0; i--) {
      const other = this.below(i + 1);
      const item = items[i]!;
      items[i] = items[other]!;
      items[other] = item;
    }
  }
}
