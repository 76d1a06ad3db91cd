/**
 * One question of a client (specification, section 5): when it asks, how long it waits, which responses are answers. Decides,
 * and leaves the doing to its shell. No I/O, no clock, no randomness, no timer.
 */

import { LRUCache } from 'lru-cache';
import type { Endpoint } from '../shared/endpoint';
import { encodeClireq } from '../shared/wire/overlay/clireq';
import { decode } from '../shared/wire/overlay/message';
import { beforeNul, NUL } from '../shared/wire/overlay/text';
import { MALFORMED_CODES, type MalformedCode, WireError } from '../shared/wire/wire-error';

/** Both waits, milliseconds (specification, section 5, rules 1 to 3). */
export const ANSWER_WAIT_MS = 4000;

/** Never more than one retransmission (rule 2). */
export const ASKED_MAX = 2;

/** Memory for the answers shown, so that none is shown twice, bytes: some 200,000 short ones, or 500 of the longest. */
const SHOWN_BYTES_MAX = 32 * 1024 * 1024;

/** What remembering an answer costs beside its text, bytes. */
const SHOWN_OVERHEAD_BYTES = 100;

/** Why a datagram is no answer to the question. */
export const CLIENT_DROP_REASONS = [
  ...MALFORMED_CODES,
  /** A CLIREQ or QUERY. */
  'not-a-response',
  /** A RESPONSE for another key, from an earlier question. */
  'other-key',
  /** The same responder, key and value once more. */
  'repeated',
  /** It came when the question had ended. */
  'late',
] as const;

export type ClientDropReason = (typeof CLIENT_DROP_REASONS)[number];

export interface CoreAnswer {
  from: Endpoint;
  value: Uint8Array;
  /** Milliseconds since the question was asked. */
  ms: number;
}

/** How a question ended. */
export interface Summary {
  /** Answers shown. */
  answers: number;
  /** CLIREQs sent: 1, or 2 when nothing came in time. */
  asked: number;
  /** Milliseconds from the question to its end. */
  ms: number;
  /** Did it end because as many answers came as were wanted? Else because no more came in time. */
  enough: boolean;
  /** Did it end because the system said, the second time, that the contact cannot be reached? */
  unreachable: boolean;
}

export interface ClientOutbox {
  /** Send this CLIREQ. */
  ask(clireq: Uint8Array, contact: Endpoint): void;
  /** Call `wake` at this time; replaces what was asked before. */
  wake(atMs: number): void;
  /** Show this. The value is a view of the datagram received. */
  answer(answer: CoreAnswer): void;
  /** The datagram being received is no answer: it ends in exactly one of `answer` and `drop`. */
  drop(reason: ClientDropReason): void;
  /** The question has ended; no other effect follows. */
  done(summary: Summary): void;
}

export interface ClientCoreOptions {
  contact: Endpoint;
  key: Uint8Array;
  /** End the key text with one NUL, as many implementations expect. */
  nul: boolean;
  /** Both waits, milliseconds. */
  waitMs: number;
  /** End at this many answers; Infinity for all that come. */
  count: number;
}

export class ClientCore {
  readonly #options: ClientCoreOptions;
  readonly #clireq: Uint8Array;
  /** Answers already shown. Bounded by SHOWN_BYTES_MAX; the one not repeated for longest goes first. */
  readonly #shown = new LRUCache<string, true>({
    maxSize: SHOWN_BYTES_MAX,
    sizeCalculation: (_shown, id) => id.length + SHOWN_OVERHEAD_BYTES,
  });
  #startMs = 0;
  #deadlineMs = 0;
  #asked = 0;
  #answers = 0;
  #heard = false;
  #ended = false;

  /** @throws WireError `empty-key` for a key without a byte before its first NUL, `too-long` for one above 65,505 bytes. */
  constructor(options: ClientCoreOptions) {
    this.#options = { ...options, key: beforeNul(options.key) };
    this.#clireq = encodeClireq({ text: options.nul ? Buffer.from([...options.key, NUL]) : options.key });
  }

  /** Asks. Called once, first. */
  ask(nowMs: number, out: ClientOutbox): void {
    this.#startMs = nowMs;
    this.#send(nowMs, out);
  }

  /** Handles one datagram of 0 to 65,507 bytes. */
  receive(datagram: Uint8Array, from: Endpoint, nowMs: number, out: ClientOutbox): void {
    if (this.#ended) return out.drop('late');
    const value = this.#valueIn(datagram);
    if (typeof value === 'string') return out.drop(value);
    this.#heard = true;
    this.#waitFrom(nowMs, out);
    const id = `${from} ${Buffer.from(value).toString('latin1')}`;
    if (this.#shown.get(id)) return out.drop('repeated');
    this.#shown.set(id, true);
    this.#answers++;
    out.answer({ from, value, ms: nowMs - this.#startMs });
    if (this.#answers === this.#options.count) this.#end(nowMs, { enough: true }, out);
  }

  /**
   * The system says that the CLIREQ did not reach the contact. After the first the question is asked again in its time, for a
   * servent that is just starting (rule 2); after the second there is nothing to wait for.
   */
  unreachable(nowMs: number, out: ClientOutbox): void {
    if (this.#ended || this.#heard || this.#asked < ASKED_MAX) return;
    this.#end(nowMs, { unreachable: true }, out);
  }

  /** The time asked for with `wake` has come; earlier and later calls are harmless. */
  wake(nowMs: number, out: ClientOutbox): void {
    if (this.#ended) return;
    if (nowMs < this.#deadlineMs) out.wake(this.#deadlineMs);
    else if (this.#heard || this.#asked === ASKED_MAX) this.#end(nowMs, {}, out);
    else this.#send(nowMs, out);
  }

  #send(nowMs: number, out: ClientOutbox): void {
    this.#asked++;
    out.ask(this.#clireq, this.#options.contact);
    this.#waitFrom(nowMs, out);
  }

  #waitFrom(nowMs: number, out: ClientOutbox): void {
    this.#deadlineMs = nowMs + this.#options.waitMs;
    out.wake(this.#deadlineMs);
  }

  #end(nowMs: number, { enough = false, unreachable = false }, out: ClientOutbox): void {
    this.#ended = true;
    out.done({ answers: this.#answers, asked: this.#asked, ms: nowMs - this.#startMs, enough, unreachable });
  }

  /** The value that a datagram gives for the key asked, or why it gives none. */
  #valueIn(datagram: Uint8Array): Uint8Array | ClientDropReason {
    try {
      const message = decode(datagram);
      if (message.type !== 'RESPONSE') return 'not-a-response';
      const key = message.key ?? this.#options.key;
      return Buffer.compare(key, this.#options.key) === 0 ? message.value : 'other-key';
    } catch (error) {
      // `decode` gives no other codes.
      if (error instanceof WireError) return error.code as MalformedCode;
      throw error;
    }
  }
}
