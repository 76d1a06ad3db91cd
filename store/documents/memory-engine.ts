/** An engine for simulated worlds and tests: it forgets everything with its process. */

import { Blocks, Draft } from './blocks';
import type { Engine, Reader, Writer } from './engine';

export class MemoryEngine implements Engine {
  readonly isFull: boolean = false;
  #now: Blocks<string>;

  /** @param held what another engine held, which stays as it is */
  constructor(held: Blocks<string> = new Blocks()) {
    this.#now = held;
  }

  /** All that is in it now, however much is written afterwards. */
  get held(): Blocks<string> {
    return new Blocks(this.#now.blocks);
  }

  get(key: string): string | undefined {
    return this.#now.get(key);
  }

  range(from: string, to: string): Iterable<readonly [string, string]> {
    return this.#now.range(from, to);
  }

  keys(from: string, to: string): Iterable<string> {
    return this.#now.keys(from, to);
  }

  write(work: (writer: Writer) => void): void {
    const draft = new Draft(this.#now);
    work(draft);
    this.#now = draft;
  }

  snapshot(): Reader & { close(): void } {
    return Object.assign(this.held, { close: () => {} });
  }

  async flush(): Promise<void> {}

  async room(): Promise<void> {}

  async close(): Promise<void> {}
}
