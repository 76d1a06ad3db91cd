/** The last questions to choose from; of the one shown who heard it and what it cost; and its events as a list. */

import type { OverlayView, QuestionView } from '../view';
import type { TimedCopy } from './beats';
import { byId, fillTable, make } from './dom';
import { heardBy, totalsOf, wordsOf } from './findings';

/** More lines than these are no reading; the trace has them all. */
const EVENTS_MAX = 500;

export class TimelineView {
  readonly #show: (question: number) => void;
  #questions: readonly QuestionView[] = [];
  #question: QuestionView | undefined;
  #notes: readonly string[] = [];

  constructor(show: (question: number) => void) {
    this.#show = show;
  }

  /** Shows what there is, as far as it has changed. */
  show(
    overlay: OverlayView,
    questions: readonly QuestionView[],
    question: QuestionView | undefined,
    timed: readonly TimedCopy[],
    notes: readonly string[],
  ): void {
    if (questions !== this.#questions || question !== this.#question) this.#showQuestions(overlay, questions, question);
    if (question !== this.#question) this.#showHeard(overlay, question, timed);
    if (notes !== this.#notes) {
      byId('notes').replaceChildren(...notes.map((note) => make('li', {}, note)).reverse());
    }
    this.#questions = questions;
    this.#question = question;
    this.#notes = notes;
  }

  #showQuestions({ servents }: OverlayView, questions: readonly QuestionView[], shown: QuestionView | undefined): void {
    const list = byId('questions');
    const focused = list.contains(document.activeElement);
    const items = [...questions].reverse().map((question) => {
      const heard = heardBy(question.copies);
      const button = make(
        'button',
        { click: () => this.#show(question.id), 'aria-pressed': String(question.id === shown?.id) },
        make('strong', {}, question.key),
        ` at ${question.contact}: ${heard.length} of ${servents.length} heard, ${question.answers.length || heard.filter(({ answered }) => answered).length} answered`,
      );
      return make('li', { value: String(question.id) }, button);
    });
    list.replaceChildren(...items);
    if (focused) list.querySelector<HTMLElement>('[aria-pressed=true]')?.focus();
  }

  #showHeard({ servents, cannot }: OverlayView, question: QuestionView | undefined, timed: readonly TimedCopy[]): void {
    byId('totals').textContent =
      cannot.flood ?? (question ? totalsOf(question, servents.length) : 'Nothing was asked yet.');
    fillTable(
      byId<HTMLTableElement>('heard'),
      ['servent', 'hop', 'after', 'copies', 'duplicates', 'answered'],
      heardBy(question?.copies ?? []).map(({ name, hop, ms, copies, duplicates, answered }) => [
        name,
        String(hop),
        ms === null ? '' : `${ms.toFixed(1)} ms`,
        String(copies),
        String(duplicates),
        answered ? 'yes' : 'no',
      ]),
    );
    const lines = timed.slice(0, EVENTS_MAX).map((one) => make('li', {}, wordsOf(one)));
    const left = timed.length - lines.length;
    if (left > 0) lines.push(make('li', {}, `and ${left} more, which the exported trace has`));
    byId('events').replaceChildren(...lines);
  }
}
