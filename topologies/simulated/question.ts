/** One question in the simulated overlay: a client's core with a socket of its own, and what came of it. */

import {
  ClientCore,
  type ClientCoreOptions,
  type ClientDropReason,
  type ClientOutbox,
  type CoreAnswer,
  type Summary,
} from '../../client/core';
import type { Endpoint } from '../../shared/endpoint';
import type { Node } from '../../simulator/node';

/** What a question needs of the network. */
export interface QuestionHost {
  send(clireq: Uint8Array, to: Endpoint): void;
  wakeAt(atMs: number): void;
  /** Close the question's socket. */
  leave(): void;
}

/** Sees what becomes of questions. */
export interface QuestionObserver {
  asked(question: Question, clireq: Uint8Array): void;
  shown(question: Question, answer: CoreAnswer): void;
  discarded(question: Question, reason: ClientDropReason): void;
  ended(question: Question, summary: Summary): void;
}

export class Question implements Node<unknown> {
  readonly id: number;
  readonly endpoint: Endpoint;
  readonly contact: Endpoint;
  readonly key: Uint8Array;
  /** In the order in which they were shown. Bounded by what one question brings in. */
  readonly answers: CoreAnswer[] = [];
  /** Undefined until it has ended. */
  summary: Summary | undefined;
  readonly #host: QuestionHost;
  readonly #observer: QuestionObserver;
  readonly #outbox: ClientOutbox;
  /** Gone when the question has ended. */
  #core: ClientCore | undefined;
  #wakeMs = Number.POSITIVE_INFINITY;
  /** One wake-up is in the queue at a time; when the core put it off, it comes early and is set again. */
  #wakePending = false;

  constructor(
    id: number,
    endpoint: Endpoint,
    options: ClientCoreOptions,
    host: QuestionHost,
    observer: QuestionObserver,
  ) {
    this.id = id;
    this.endpoint = endpoint;
    this.contact = options.contact;
    this.key = options.key;
    this.#host = host;
    this.#observer = observer;
    this.#core = new ClientCore(options);
    this.#outbox = {
      ask: (clireq, to) => {
        this.#observer.asked(this, clireq);
        this.#host.send(clireq, to);
      },
      wake: (atMs) => this.#wakeAt(atMs),
      answer: (answer) => this.#show(answer),
      drop: (reason) => this.#observer.discarded(this, reason),
      done: (summary) => this.#end(summary),
    };
  }

  /** Asks. Called once, first. */
  ask(nowMs: number): void {
    this.#core!.ask(nowMs, this.#outbox);
  }

  receive(datagram: Uint8Array, from: Endpoint, nowMs: number): void {
    this.#core?.receive(datagram, from, nowMs, this.#outbox);
  }

  wake(nowMs: number): void {
    this.#wakePending = false;
    if (nowMs < this.#wakeMs) this.#wakeAt(this.#wakeMs);
    else this.#core?.wake(nowMs, this.#outbox);
  }

  #wakeAt(atMs: number): void {
    this.#wakeMs = atMs;
    if (this.#wakePending) return;
    this.#wakePending = true;
    this.#host.wakeAt(atMs);
  }

  #show(answer: CoreAnswer): void {
    // The value is a view of the datagram, whose memory is used again.
    const kept = { ...answer, value: answer.value.slice() };
    this.answers.push(kept);
    this.#observer.shown(this, kept);
  }

  #end(summary: Summary): void {
    this.summary = summary;
    this.#core = undefined;
    this.#host.leave();
    this.#observer.ended(this, summary);
  }
}
