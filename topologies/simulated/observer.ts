/** Who looks on at a simulated overlay sees the network, what each servent decides, and what becomes of each question. */

import type { ClientDropReason, CoreAnswer, Summary } from '../../client/core';
import type { Handled, ServentObserver } from '../../servent/observed-servent';
import type { DropReason } from '../../servent/outbox';
import type { Endpoint } from '../../shared/endpoint';
import type { NetworkObserver } from '../../simulator/node';
import type { Question, QuestionObserver } from './question';

/** Sees every effect as it happens. Datagrams are lent: copy what is kept. */
export interface OverlayObserver extends NetworkObserver {
  /** What a servent's own observer sees, and which servent it is. */
  received(servent: number, datagram: Uint8Array, from: Endpoint, nowMs: number): void;
  answered(servent: number, response: Uint8Array, client: Endpoint, nowMs: number): void;
  forwarded(servent: number, query: Uint8Array, neighbour: Endpoint, nowMs: number): void;
  dropped(servent: number, reason: DropReason, from: Endpoint, nowMs: number): void;
  handled(servent: number, how: Handled, nowMs: number): void;
  /** A client asked: for the first time, or once more. */
  asked(question: Question, clireq: Uint8Array, nowMs: number): void;
  /** A client showed an answer. */
  shown(question: Question, answer: CoreAnswer, nowMs: number): void;
  /** A client found no answer in what was delivered last. */
  discarded(question: Question, reason: ClientDropReason, nowMs: number): void;
  ended(question: Question, summary: Summary, nowMs: number): void;
}

type Observers = readonly Partial<OverlayObserver>[];

/** The observer of one servent, who tells all. */
export function serventObserver(all: Observers, servent: number, now: () => number): Partial<ServentObserver> {
  return {
    received: (datagram, from) => {
      for (const observer of all) observer.received?.(servent, datagram, from, now());
    },
    answered: (response, client) => {
      for (const observer of all) observer.answered?.(servent, response, client, now());
    },
    forwarded: (query, neighbour) => {
      for (const observer of all) observer.forwarded?.(servent, query, neighbour, now());
    },
    dropped: (reason, from) => {
      for (const observer of all) observer.dropped?.(servent, reason, from, now());
    },
    handled: (how) => {
      for (const observer of all) observer.handled?.(servent, how, now());
    },
  };
}

/** The observer of questions, who tells all. */
export function questionObserver(all: Observers, now: () => number): QuestionObserver {
  return {
    asked: (question, clireq) => {
      for (const observer of all) observer.asked?.(question, clireq, now());
    },
    shown: (question, answer) => {
      for (const observer of all) observer.shown?.(question, answer, now());
    },
    discarded: (question, reason) => {
      for (const observer of all) observer.discarded?.(question, reason, now());
    },
    ended: (question, summary) => {
      for (const observer of all) observer.ended?.(question, summary, now());
    },
  };
}
