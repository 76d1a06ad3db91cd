/** The question: a key with suggestions, the servent to ask, and the answers as the client shows them. */

import type { OverlayView, QuestionView } from '../view';
import { byId, make } from './dom';
import { post, reading } from './server';

/** Hears of a key that is being typed after so long without another letter, milliseconds. */
const TYPED_MS = 120;

export class AskView {
  readonly #key = byId<HTMLInputElement>('key');
  readonly #contact = byId<HTMLSelectElement>('contact');
  #overlay: OverlayView | undefined;
  #question: QuestionView | undefined;
  #names = '';

  /** `fail` shows what the server refuses. */
  constructor(fail: (error: unknown) => void) {
    byId<HTMLFormElement>('ask-form').addEventListener('submit', (event) => {
      event.preventDefault();
      post('ask', { contact: this.#contact.value, key: this.#key.value }).catch(fail);
    });
    let timer: number | undefined;
    this.#key.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#suggest().catch(fail), TYPED_MS);
    });
  }

  /** Chooses whom to ask. */
  askAt(servent: string): void {
    this.#contact.value = servent;
    this.#key.focus();
  }

  /** Shows the servents that can be asked, and what came of a question. */
  show(overlay: OverlayView, question: QuestionView | undefined): void {
    if (overlay !== this.#overlay) this.#showServents(overlay);
    if (question !== this.#question) this.#showAnswers(overlay, question);
  }

  #showServents(overlay: OverlayView): void {
    this.#overlay = overlay;
    const names = overlay.servents.map(({ name }) => name);
    if (names.join() === this.#names) return;
    this.#names = names.join();
    this.#contact.replaceChildren(...names.map((name) => make('option', {}, name)));
    this.#suggest().catch(() => {});
  }

  #showAnswers({ servents }: OverlayView, question: QuestionView | undefined): void {
    this.#question = question;
    const who =
      question && `${question.own ? '' : 'Somebody else asked: '}“${question.key}” asked at ${question.contact}`;
    byId('asked').textContent = who ?? 'No question yet.';
    const nameOf = new Map(servents.map(({ name, address }) => [address, name]));
    byId('answers').replaceChildren(
      ...(question?.answers ?? []).map(({ from, value, ms }) =>
        make(
          'li',
          {},
          make('span', { class: 'from' }, `${nameOf.get(from) ?? ''} ${from}`.trim()),
          make('span', { class: 'value' }, value),
          make('span', { class: 'dim' }, `${ms.toFixed(1)} ms`),
        ),
      ),
    );
    byId('end').textContent = question?.end?.words ?? (question?.own ? 'Waiting for answers …' : '');
  }

  async #suggest(): Promise<void> {
    const keys = await reading.keys(this.#key.value);
    byId('keys').replaceChildren(...keys.map((key) => make('option', { value: key })));
  }
}
