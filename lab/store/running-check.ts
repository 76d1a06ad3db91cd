/** Is all there that was acknowledged? Remembers every insertion that was, and looks again and again. */

import { OperatorError } from '../../shared/errors';
import type { StoreClient } from '../../store-client/index';
import type { CheckView } from '../store-view';

/** What is missing is named up to so many. */
const NAMED_MAX = 20;

export class RunningCheck {
  /** Bounded by what a person, or a test, inserts. */
  readonly #acknowledged = new Set<string>();
  #missing: readonly string[] = [];
  #looked = 0;

  acknowledged(id: string): void {
    this.#acknowledged.add(id);
  }

  view(): CheckView {
    return { acknowledged: this.#acknowledged.size, missing: this.#missing, looked: this.#looked };
  }

  /** Looks once, where the store answers. What is acknowledged while it looks counts the next time. */
  async look(client: StoreClient, collection: string): Promise<void> {
    const expected = [...this.#acknowledged];
    if (expected.length === 0) return;
    const found = new Set<string>();
    try {
      for await (const { _id } of client.each(collection, {})) found.add(_id);
    } catch (error) {
      // Nobody leads at the moment: nothing can be said.
      if (error instanceof OperatorError) return;
      throw error;
    }
    this.#missing = expected.filter((id) => !found.has(id)).slice(0, NAMED_MAX);
    this.#looked++;
  }
}
