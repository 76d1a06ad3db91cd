/**
 * What is going to happen in virtual time, earliest first; of two at the same time, the one put in first. A heap with four
 * children a node in typed arrays: a push and a pop allocate nothing. Its memory is bounded by the most events that ever stood in
 * it at once.
 */

const CAPACITY_FIRST = 1024;
const CHILDREN = 4;

/**
 * One event at a time stands in the fields: the one popped last. What its numbers mean is its users' matter.
 */
export class EventQueue<Item> {
  atMs = 0;
  kind = 0;
  target = 0;
  /** An endpoint. */
  from = 0;
  /** 16 bits. */
  word = 0;
  item: Item | undefined;

  #count = 0;
  #pushed = 0;
  // The heap: time, number in order of arrival, and the slot where the rest stands.
  #times = new Float64Array(CAPACITY_FIRST);
  #orders = new Float64Array(CAPACITY_FIRST);
  #slots = Uint32Array.from({ length: CAPACITY_FIRST }, (_, i) => i);
  // The slots.
  #kinds = new Uint8Array(CAPACITY_FIRST);
  #targets = new Uint32Array(CAPACITY_FIRST);
  #froms = new Float64Array(CAPACITY_FIRST);
  #words = new Uint16Array(CAPACITY_FIRST);
  readonly #items: (Item | undefined)[] = [];

  get size(): number {
    return this.#count;
  }

  /** When the next event is; Infinity when there is none. */
  get nextMs(): number {
    return this.#count === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  push(atMs: number, kind: number, target: number, from: number, word: number, item: Item): void {
    if (this.#count === this.#times.length) this.#grow();
    // Behind the heap's end stand the free slots.
    const slot = this.#slots[this.#count]!;
    this.#kinds[slot] = kind;
    this.#targets[slot] = target;
    this.#froms[slot] = from;
    this.#words[slot] = word;
    this.#items[slot] = item;
    this.#rise(this.#count++, atMs, this.#pushed++, slot);
  }

  /** Takes the next event into the fields; false when there is none. */
  pop(): boolean {
    if (this.#count === 0) return false;
    const slot = this.#slots[0]!;
    this.atMs = this.#times[0]!;
    this.kind = this.#kinds[slot]!;
    this.target = this.#targets[slot]!;
    this.from = this.#froms[slot]!;
    this.word = this.#words[slot]!;
    this.item = this.#items[slot];
    this.#items[slot] = undefined;
    const last = --this.#count;
    const [time, order, lastSlot] = [this.#times[last]!, this.#orders[last]!, this.#slots[last]!];
    this.#slots[last] = slot;
    if (last > 0) this.#sink(time, order, lastSlot);
    return true;
  }

  #rise(from: number, time: number, order: number, slot: number): void {
    const times = this.#times;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      // The newcomer has the highest order: at the same time it stays behind.
      if (times[parent]! <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, time, order, slot);
  }

  #sink(time: number, order: number, slot: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const count = this.#count;
    let at = 0;
    for (;;) {
      const first = at * CHILDREN + 1;
      if (first >= count) break;
      const end = Math.min(first + CHILDREN, count);
      let least = first;
      for (let child = first + 1; child < end; child++) {
        if (times[child]! < times[least]! || (times[child] === times[least] && orders[child]! < orders[least]!)) {
          least = child;
        }
      }
      if (time < times[least]! || (time === times[least] && order < orders[least]!)) break;
      this.#move(least, at);
      at = least;
    }
    this.#put(at, time, order, slot);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#orders[to] = this.#orders[from]!;
    this.#slots[to] = this.#slots[from]!;
  }

  #put(at: number, time: number, order: number, slot: number): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#slots[at] = slot;
  }

  #grow(): void {
    const old = this.#times.length;
    const capacity = old * 2;
    this.#times = copied(new Float64Array(capacity), this.#times);
    this.#orders = copied(new Float64Array(capacity), this.#orders);
    this.#slots = copied(new Uint32Array(capacity), this.#slots);
    for (let slot = old; slot < capacity; slot++) this.#slots[slot] = slot;
    this.#kinds = copied(new Uint8Array(capacity), this.#kinds);
    this.#targets = copied(new Uint32Array(capacity), this.#targets);
    this.#froms = copied(new Float64Array(capacity), this.#froms);
    this.#words = copied(new Uint16Array(capacity), this.#words);
  }
}

function copied<T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
