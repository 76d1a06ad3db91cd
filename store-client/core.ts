/**
 * One request of a client: whom to ask, when to ask again, when to give up (store specification, section 2). Decides, and
 * leaves the doing to its shell. No I/O, no clock, no randomness, no timer.
 */

import { askAgain, type Reply } from '../shared/wire/documents';

/** What all requests of a client know together. Addresses are `host:port`. */
export interface Whereabouts {
  /** Whom to ask: those that were named first, then what they told of. Bounded by the members of one store. */
  contacts: string[];
  /** Who took the last write. */
  leader: string | undefined;
}

/** How asking one replica ended. */
export type Outcome =
  | { kind: 'reply'; reply: Reply }
  /** It did not reply; `reason` says what was seen. Whether it did what was asked is not known. */
  | { kind: 'lost'; reason: string };

/** What to do next. */
export type Step =
  | { kind: 'ask'; address: string }
  | { kind: 'wait'; ms: number }
  | { kind: 'done'; reply: Reply }
  /** The deadline has come; `reason` says what was seen last. */
  | { kind: 'give-up'; reason: string };

/** Between two rounds of asking everybody, milliseconds: a takeover takes seconds, and nobody should be flooded meanwhile. */
const WAIT_FIRST_MS = 50;
const WAIT_MAX_MS = 400;

export class RequestCore {
  readonly #whereabouts: Whereabouts;
  readonly #deadlineMs: number;
  /** Asked since the last wait. Bounded by the members of one store, and who they name. */
  readonly #asked = new Set<string>();
  #asking = '';
  #waitMs = WAIT_FIRST_MS;
  #reason = 'nobody was asked';

  /** `deadlineMs` is a time of the clock whose readings the other calls are given. */
  constructor(whereabouts: Whereabouts, deadlineMs: number) {
    this.#whereabouts = whereabouts;
    this.#deadlineMs = deadlineMs;
  }

  /** The first step, and the next one after a wait. */
  begin(nowMs: number): Step {
    this.#asked.clear();
    return this.#askNext(this.#whereabouts.leader, nowMs);
  }

  /** The step after asking. */
  heard(outcome: Outcome, nowMs: number): Step {
    const again = outcome.kind === 'reply' && outcome.reply[0] === 'ko' ? askAgain(outcome.reply[1]) : undefined;
    if (outcome.kind === 'reply' && !again) return { kind: 'done', reply: outcome.reply };
    const { contacts, leader } = this.#whereabouts;
    this.#reason = `${this.#asking}: ${outcome.kind === 'lost' ? outcome.reason : outcome.reply[1]}`;
    if (leader === this.#asking || again?.leader !== undefined) this.#whereabouts.leader = again?.leader;
    // One that says nothing costs time: the others are asked first from now on.
    const place = contacts.indexOf(this.#asking);
    if (outcome.kind === 'lost' && place >= 0) contacts.push(...contacts.splice(place, 1));
    return this.#askNext(this.#whereabouts.leader, nowMs);
  }

  /** The leader, or else somebody who may know of it; a pause once all were asked. */
  #askNext(leader: string | undefined, nowMs: number): Step {
    if (nowMs >= this.#deadlineMs) return { kind: 'give-up', reason: this.#reason };
    const next = [...(leader === undefined ? [] : [leader]), ...this.#whereabouts.contacts].find(
      (address) => !this.#asked.has(address),
    );
    if (next === undefined) return this.#pause(nowMs);
    this.#asked.add(next);
    this.#asking = next;
    return { kind: 'ask', address: next };
  }

  #pause(nowMs: number): Step {
    const ms = Math.min(this.#waitMs, this.#deadlineMs - nowMs);
    this.#waitMs = Math.min(2 * this.#waitMs, WAIT_MAX_MS);
    return { kind: 'wait', ms };
  }
}
