/** What was answered to requests with an identity, for an hour of the log's time: whoever repeats one is told the same. */

import type { Reply } from '../state-machine';
import type { Reader, Writer } from './engine';
import { behind, requestIn, requestKey, requestsPrefix, requestTimeKey, requestTimesPrefix, timeIn } from './keys';
import { StateSum } from './state-sum';

export const REMEMBERED_US = 3_600_000_000;
/** Forgotten at one entry at most, so that none takes long; as it is more than one, the old ones do go. */
const FORGOTTEN_MAX = 8;

export interface RequestsRecord {
  number: number;
  count: number;
  sum: string;
}

/** One as it stands in a snapshot. */
export type Answered = readonly [request: string, timeUs: number, reply: Reply];

/**
 * By identity stand time and reply, by time the identity: no two entries, and so no two requests, have the same. Bounded by the
 * entries of an hour.
 */
export class Requests {
  /** Of their keys, on this replica alone. */
  readonly number: number;
  #count: number;
  readonly #sum: StateSum;
  /** None is of an earlier time, microseconds since 1970: until it is an hour ago, none needs to be looked for. */
  #earliestUs = 0;

  constructor({ number, count, sum }: RequestsRecord) {
    this.number = number;
    this.#count = count;
    this.#sum = new StateSum(sum);
  }

  record(): RequestsRecord {
    return { number: this.number, count: this.#count, sum: this.#sum.toString() };
  }

  /** What replicas with the same entries have in common. */
  digest(): string {
    return JSON.stringify([this.#count, this.#sum.toString()]);
  }

  /** @param nowUs the log's time */
  firstReply(reader: Reader, request: string, nowUs: number): Reply | undefined {
    const found = this.#find(reader, request);
    return found && isRemembered(found, nowUs) ? found[2] : undefined;
  }

  /** What was answered to it first or, for what was not asked within the hour, what `perform` says now. */
  once(writer: Writer, request: string, nowUs: number, perform: () => Reply): Reply {
    const before = this.#find(writer, request);
    if (before && isRemembered(before, nowUs)) return before[2];
    const reply = perform();
    if (before) this.#forget(writer, before);
    this.remember(writer, [request, nowUs, reply]);
    return reply;
  }

  /** One that it does not know. */
  remember(writer: Writer, answered: Answered): void {
    const [request, timeUs, reply] = answered;
    this.#count++;
    this.#sum.toggle(JSON.stringify(answered));
    writer.put(requestKey(this.number, request), JSON.stringify([timeUs, reply]));
    writer.put(requestTimeKey(this.number, timeUs), request);
  }

  /** Forgets some of those that are older than an hour: the same ones on every replica. */
  forgetOld(writer: Writer, nowUs: number): void {
    const endUs = nowUs - REMEMBERED_US;
    if (this.#count === 0 || this.#earliestUs >= endUs) return;
    const first = requestTimesPrefix(this.number);
    const old: string[] = [];
    for (const [key, request] of writer.range(first, behind(first))) {
      this.#earliestUs = timeIn(key);
      if (this.#earliestUs >= endUs || old.push(request) === FORGOTTEN_MAX) break;
    }
    for (const request of old) this.#forget(writer, this.#find(writer, request)!);
  }

  /** The JSON of all of them, by identity: so they are read, and written by who is built anew, one beside the other. */
  *all(reader: Reader): Generator<string> {
    const first = requestsPrefix(this.number);
    for (const [key, text] of reader.range(first, behind(first))) {
      yield `[${JSON.stringify(requestIn(this.number, key))},${text.slice(1)}`;
    }
  }

  #forget(writer: Writer, answered: Answered): void {
    const [request, timeUs] = answered;
    this.#count--;
    this.#sum.toggle(JSON.stringify(answered));
    writer.remove(requestKey(this.number, request));
    writer.remove(requestTimeKey(this.number, timeUs));
  }

  #find(reader: Reader, request: string): Answered | undefined {
    const text = reader.get(requestKey(this.number, request));
    if (text === undefined) return undefined;
    const [timeUs, reply] = JSON.parse(text) as [number, Reply];
    return [request, timeUs, reply];
  }
}

function isRemembered([, timeUs]: Answered, nowUs: number): boolean {
  return timeUs > nowUs - REMEMBERED_US;
}
