/** Sorted maps laid over each other: what an upper one says of a key, be it that it is gone, hides what lower ones say. */

/** Null: the key is gone. */
export interface Layer {
  get(key: string): string | null | undefined;
  range(from: string, to: string): Iterable<readonly [key: string, value: string | null]>;
}

export class Layers {
  /** The uppermost first. */
  readonly #layers: readonly Layer[];

  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  get(key: string): string | undefined {
    for (const layer of this.#layers) {
      const value = layer.get(key);
      if (value !== undefined) return value ?? undefined;
    }
    return undefined;
  }

  *range(from: string, to: string): Generator<readonly [string, string]> {
    const heads = this.#layers.map((layer) => new Head(layer.range(from, to)));
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

  *keys(from: string, to: string): Generator<string> {
    for (const [key] of this.range(from, to)) yield key;
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
