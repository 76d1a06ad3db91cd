/**
 * A sorted map in blocks of keys that are never changed once they are settled, so that what is kept of it stays as it was, and
 * a change copies one block.
 */

/** A block that has grown to this is split: large enough to be few, small enough to be copied for one change. */
const BLOCK_KEYS_MAX = 64;

interface Block<Value> {
  keys: string[];
  values: Value[];
}

export class Blocks<Value> {
  /** In order, none empty. */
  readonly blocks: Block<Value>[];

  constructor(blocks: Block<Value>[] = []) {
    this.blocks = blocks;
  }

  get(key: string): Value | undefined {
    const block = this.blocks[this.blockOf(key)];
    if (block === undefined) return undefined;
    const at = placeOf(block.keys, key);
    return block.keys[at] === key ? block.values[at] : undefined;
  }

  *range(from: string, to: string): Generator<readonly [string, Value]> {
    for (let b = this.blockOf(from); b < this.blocks.length; b++) {
      const { keys, values } = this.blocks[b]!;
      for (let at = placeOf(keys, from); at < keys.length; at++) {
        if (keys[at]! >= to) return;
        yield [keys[at]!, values[at]!];
      }
    }
  }

  *keys(from: string, to: string): Generator<string> {
    for (const [key] of this.range(from, to)) yield key;
  }

  /** The first block that ends at or behind `key`; behind the last where there is none. */
  protected blockOf(key: string): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.blocks[middle]!.keys.at(-1)! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Blocks that may be changed, and those before it, which stay as they are. */
export class Draft<Value> extends Blocks<Value> {
  /** Copied already. Bounded by the changes. */
  readonly #own = new Set<Block<Value>>();

  constructor(before: Blocks<Value>) {
    super(before.blocks.slice());
  }

  put(key: string, value: Value): void {
    const b = Math.min(this.blockOf(key), Math.max(this.blocks.length - 1, 0));
    const block = this.#ownBlock(b);
    const at = placeOf(block.keys, key);
    if (block.keys[at] === key) {
      block.values[at] = value;
      return;
    }
    block.keys.splice(at, 0, key);
    block.values.splice(at, 0, value);
    if (block.keys.length < BLOCK_KEYS_MAX) return;
    const half = block.keys.length >> 1;
    const rest = { keys: block.keys.splice(half), values: block.values.splice(half) };
    this.#own.add(rest);
    this.blocks.splice(b + 1, 0, rest);
  }

  remove(key: string): void {
    const b = this.blockOf(key);
    if (b === this.blocks.length) return;
    const at = placeOf(this.blocks[b]!.keys, key);
    if (this.blocks[b]!.keys[at] !== key) return;
    const block = this.#ownBlock(b);
    block.keys.splice(at, 1);
    block.values.splice(at, 1);
    if (block.keys.length === 0) this.blocks.splice(b, 1);
  }

  #ownBlock(b: number): Block<Value> {
    const before = this.blocks[b];
    if (before !== undefined && this.#own.has(before)) return before;
    const block = { keys: before?.keys.slice() ?? [], values: before?.values.slice() ?? [] };
    this.#own.add(block);
    this.blocks[b] = block;
    return block;
  }
}

/** The first place whose key is `key` or behind it. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
