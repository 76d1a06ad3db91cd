/** What was answered to requests with an identity, for an hour of the log's time: whoever repeats one is told the same. */

import type { Reply } from '../state-machine';
import type { Reader, Writer } from './engine';
import { behind, requestKey, requestTimeKey, requestTimesPrefix } from './keys';
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

/** Bounded by the entries of an hour. */
export class Requests {
  /** Of their keys, on this replica alone. */
  readonly number: number;
  #count: number;
  readonly #sum: StateSum;

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
    return found && found[1] > nowUs - REMEMBERED_US ? found[2] : undefined;
  }

  /** Takes the place of what was answered to the same request more than an hour ago. */
  remember(writer: Writer, answered: Answered): void {
    const [request, timeUs] = answered;
    const before = this.#find(writer, request);
    if (before) this.#forget(writer, before);
    const text = JSON.stringify(answered);
    this.#count++;
    this.#sum.toggle(text);
    writer.put(requestKey(this.number, request), text);
    writer.put(requestTimeKey(this.number, timeUs, request), request);
  }

  /** Forgets some of those that are older than an hour: the same ones on every replica. */
  forgetOld(writer: Writer, nowUs: number): void {
    if (this.#count === 0) return;
    const first = requestTimesPrefix(this.number);
    const old: string[] = [];
    const end = requestTimeKey(this.number, Math.max(nowUs - REMEMBERED_US, 0), '');
    for (const [, request] of writer.range(first, end)) if (old.push(request) === FORGOTTEN_MAX) break;
    for (const request of old) this.#forget(writer, this.#find(writer, request)!);
  }

  /** All of them, the earliest first. */
  *all(reader: Reader): Generator<Answered> {
    const first = requestTimesPrefix(this.number);
    for (const [, request] of reader.range(first, behind(first))) yield this.#find(reader, request)!;
  }

  #forget(writer: Writer, answered: Answered): void {
    const [request, timeUs] = answered;
    this.#count--;
    this.#sum.toggle(JSON.stringify(answered));
    writer.remove(requestKey(this.number, request));
    writer.remove(requestTimeKey(this.number, timeUs, request));
  }

  #find(reader: Reader, request: string): Answered | undefined {
    const text = reader.get(requestKey(this.number, request));
    return text === undefined ? undefined : JSON.parse(text);
  }
}
