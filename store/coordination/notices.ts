/** What is amiss and was said, so that it is not said again while it lasts. */

export class Notices {
  readonly #say: (sentence: string) => void;
  /** By what is concerned, a file or a service: as many as there are of these. */
  readonly #said = new Map<string, string>();

  constructor(say: (sentence: string) => void) {
    this.#say = say;
  }

  amiss(where: string, sentence: string): void {
    if (this.#said.get(where) === sentence) return;
    this.#said.set(where, sentence);
    this.#say(sentence);
  }

  fine(where: string): void {
    this.#said.delete(where);
  }
}
