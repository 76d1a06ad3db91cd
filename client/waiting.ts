/** A sign of life while questions wait: since when, and until when at most. */

const TICK_MS = 500;

interface Wait {
  fromMs: number;
  untilMs: number;
}

export class Waiting {
  readonly #show: (text: string) => void;
  /** Questions under way. Bounded by how many are asked at once. */
  readonly #waits = new Map<object, Wait>();
  #timer: NodeJS.Timeout | undefined;

  /** @param show shows a text that the next one replaces; an empty one takes it away */
  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  /** The question waits from now on, at most this long. */
  waits(question: object, maxMs: number): void {
    const fromMs = performance.now();
    this.#waits.set(question, { fromMs, untilMs: fromMs + maxMs });
    this.#timer ??= setInterval(() => this.#tell(), TICK_MS);
    this.#tell();
  }

  ended(question: object): void {
    if (!this.#waits.delete(question) || this.#waits.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#show('');
  }

  /** Shows the wait that ends last: `waiting 1 of 8 s`. */
  #tell(): void {
    const waits = [...this.#waits.values()];
    const last = waits.reduce((latest, wait) => (wait.untilMs > latest.untilMs ? wait : latest));
    const seconds = Math.floor((performance.now() - last.fromMs) / 1000);
    const keys = waits.length > 1 ? ` for ${waits.length} keys,` : '';
    this.#show(`waiting${keys} ${seconds} of ${Math.round((last.untilMs - last.fromMs) / 100) / 10} s`);
  }
}
