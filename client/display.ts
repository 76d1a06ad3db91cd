/** Where the course of questions is shown: values and answers on stdout, and what is said of them where it disturbs no program. */

import { escapeValue } from '../shared/escape';
import { formatPeer } from '../shared/host-port';
import { type Paint, paintFor } from '../shared/program/colour';
import type { Streams } from '../shared/program/run-main';
import {
  answerEvent,
  answerLine,
  shownKey,
  summaryEvent,
  summaryLine,
  unreachableEvent,
  unreachableLine,
  type Widths,
} from './lines';
import type { Answer, LookupSummary } from './lookup';
import type { ClientOptions } from './options';

export class Display {
  readonly #options: Pick<ClientOptions, 'json' | 'value'>;
  readonly #contact: string;
  readonly #paint: Paint;
  readonly #widths: Widths;
  readonly #out: (line: string) => void;
  /** For what only people read: stdout is for programs unless it is a terminal, where no answer is hidden by a pipe. */
  readonly #aside: (line: string) => void;
  #toldUnreachable = false;

  /** @param keys those asked side by side: where there are several, each line says which it is about */
  constructor(options: ClientOptions, keys: readonly Uint8Array[], streams: Streams) {
    this.#options = options;
    this.#contact = formatPeer(options.contact);
    this.#paint = paintFor(streams.output, streams.environment);
    const longest = Math.max(0, ...keys.map((key) => shownKey(key).length));
    this.#widths = { key: keys.length > 1 ? longest : 0, from: 0 };
    this.#out = streams.out;
    this.#aside = streams.output.isTTY && !options.value ? streams.out : streams.err;
  }

  answer(key: Uint8Array, answer: Answer): void {
    if (this.#options.json) return this.#out(answerEvent(key, answer));
    if (this.#options.value) return this.#out(escapeValue(answer.value));
    // Later answers stand below the widest so far: how wide the last will be nobody knows.
    this.#widths.from = Math.max(this.#widths.from, answer.from.length);
    this.#out(answerLine(answer, shownKey(key), this.#widths, this.#paint));
  }

  /** The system says that the contact cannot be reached. Words say it once, of whatever key. */
  unreachable(key: Uint8Array, code: string): void {
    if (this.#options.json) return this.#out(unreachableEvent(key, this.#contact, code));
    if (!this.#toldUnreachable) this.#aside(unreachableLine(this.#contact, code));
    this.#toldUnreachable = true;
  }

  summary(key: Uint8Array, summary: LookupSummary): void {
    if (this.#options.json) return this.#out(summaryEvent(key, summary));
    const about = this.#widths.key > 0 ? `${shownKey(key)}: ` : '';
    this.#aside(this.#paint('faint', about + summaryLine(summary, this.#contact)));
  }
}
