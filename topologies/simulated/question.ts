/** One question in the simulated network: a client's core with a socket of its own, and what came of it. */

import {
  ClientCore,
  type ClientCoreOptions,
  type ClientDropReason,
  type ClientOutbox,
  type CoreAnswer,
  type Summary,
} from '../../client/core';
import type { Endpoint } from '../../shared/endpoint';

/** What a question needs of the network. */
export interface QuestionHost {
  send(question: Question, bytes: Uint8Array, to: Endpoint): void;
  wake(question: Question, atMs: number): void;
  answered(question: Question, answer: CoreAnswer): void;
  dropped(question: Question, reason: ClientDropReason): void;
  ended(question: Question, summary: Summary): void;
}

export class Question implements ClientOutbox {
  readonly id: number;
  readonly endpoint: Endpoint;
  readonly contact: Endpoint;
  readonly key: Uint8Array;
  /** In the order in which they were shown. */
  readonly answers: CoreAnswer[] = [];
  /** Undefined until it has ended. */
  summary: Summary | undefined;
  readonly #host: QuestionHost;
  /** Gone when the question has ended. */
  #core: ClientCore | undefined;
  #wakeMs = Number.POSITIVE_INFINITY;
  /** One wake-up is in the queue at a time; when the core put it off, it comes early and is set again. */
  #wakePending = false;

  constructor(id: number, endpoint: Endpoint, options: ClientCoreOptions, host: QuestionHost) {
    this.id = id;
    this.endpoint = endpoint;
    this.contact = options.contact;
    this.key = options.key;
    this.#host = host;
    this.#core = new ClientCore(options);
  }

  ask(nowMs: number): void {
    this.#core!.ask(nowMs, this);
  }

  /** Nothing comes here once it has ended: its socket is closed then. */
  receive(datagram: Uint8Array, from: Endpoint, nowMs: number): void {
    this.#core?.receive(datagram, from, nowMs, this);
  }

  woken(nowMs: number): void {
    this.#wakePending = false;
    if (!this.#core) return;
    if (nowMs < this.#wakeMs) this.wake(this.#wakeMs);
    else this.#core.wake(nowMs, this);
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    this.#host.send(this, bytes, to);
  }

  wake(atMs: number): void {
    this.#wakeMs = atMs;
    if (this.#wakePending) return;
    this.#wakePending = true;
    this.#host.wake(this, atMs);
  }

  answer(answer: CoreAnswer): void {
    // The value is a view of the datagram, whose memory is used again.
    const kept = { ...answer, value: answer.value.slice() };
    this.answers.push(kept);
    this.#host.answered(this, kept);
  }

  drop(reason: ClientDropReason): void {
    this.#host.dropped(this, reason);
  }

  done(summary: Summary): void {
    this.summary = summary;
    this.#core = undefined;
    this.#host.ended(this, summary);
  }
}
