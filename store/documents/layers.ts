/** Sorted maps laid over a reader: what an upper one says of a key, be it that it is gone, hides what lower ones say. */

import type { Reader } from './engine';

/** Null: the key is gone. */
export interface Layer {
  get(key: string): string | null | undefined;
  range(from: string, to: string): Iterable<readonly [key: string, value: string | null]>;
}

export class Layers implements Reader {
  /** The uppermost first. */
  readonly #upper: readonly Layer[];
  readonly #ground: Reader;

  constructor(upper: readonly Layer[], ground: Reader) {
    this.#upper = upper;
    this.#ground = ground;
  }

  get(key: string): string | undefined {
    for (const layer of this.#upper) {
      const value = layer.get(key);
      if (value !== undefined) return value ?? undefined;
    }
    return this.#ground.get(key);
  }

  range(from: string, to: string): Iterable<readonly [string, string]> {
    return this.#upper.length === 0 ? this.#ground.range(from, to) : this.#merged(from, to);
  }

  keys(from: string, to: string): Iterable<string> {
    return this.#upper.length === 0 ? this.#ground.keys(from, to) : this.#mergedKeys(from, to);
  }

  *#merged(from: string, to: string): Generator<readonly [string, string]> {
    const heads = [...this.#upper, this.#ground].map((layer) => new Head(layer.range(from, to)));
    try {
      for (;;) {
        let first: Head | undefined;
        for (const head of heads) {
          if (head.key !== undefined && (first === undefined || head.key < first.key!)) first = head;
        }
        if (first === undefined) return;
        const [key, value] = [first.key!, first.value];
        for (const head of heads) if (head.key === key) head.next();
        if (value !== null) yield [key, value];
      }
    } finally {
      for (const head of heads) head.leave();
    }
  }

  *#mergedKeys(from: string, to: string): Generator<string> {
    for (const [key] of this.#merged(from, to)) yield key;
  }
}

/** Where a reader stands in one layer; without a key at its end. */
class Head {
  key: string | undefined;
  value: string | null = null;
  readonly #rest: Iterator<readonly [string, string | null]>;

  constructor(range: Iterable<readonly [string, string | null]>) {
    this.#rest = range[Symbol.iterator]();
    this.next();
  }

  next(): void {
    const { value, done } = this.#rest.next();
    this.key = done ? undefined : value[0];
    this.value = done ? null : value[1];
  }

  leave(): void {
    this.#rest.return?.();
  }
}
