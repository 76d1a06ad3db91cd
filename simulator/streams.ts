/**
 * Connections between hosts, as TCP makes them: what is sent arrives in order and once, or the connection goes down. The way from
 * one host to another can be cut, the other way or not: what is on it then arrives when it is mended, unless somebody gives up.
 */

import type { Delay } from './path';
import type { Random } from './random';
import type { Timeline } from './timeline';

/** Who is at an end of a connection. */
export interface Host<Message> {
  /** Somebody has connected. */
  opened(stream: number): void;
  received(stream: number, message: Message): void;
  /** The other end has closed it, or is gone. */
  closed(stream: number): void;
}

type Happening<Message> = { kind: 'message'; message: Message } | { kind: 'closed' };

interface Direction<Message> {
  from: number;
  to: number;
  /** Nothing sent later arrives earlier. */
  lastMs: number;
  /** What came to a cut. */
  held: Happening<Message>[];
}

interface Stream<Message> {
  /** By the sending host: the one that connected first. */
  directions: [Direction<Message>, Direction<Message>];
  /** Hosts that know it no longer. */
  closedBy: Set<number>;
}

export class Streams<Message> {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #delay: Delay;
  readonly #host: (host: number) => Host<Message> | undefined;
  readonly #streams = new Map<number, Stream<Message>>();
  readonly #cut = new Set<string>();
  /** Told of everything that is sent. */
  observer: ((from: number, message: Message) => void) | undefined;
  #last = 0;

  /** `host` gives who runs at a host now; undefined for nobody. */
  constructor(timeline: Timeline, random: Random, delay: Delay, host: (host: number) => Host<Message> | undefined) {
    this.#timeline = timeline;
    this.#random = random;
    this.#delay = delay;
    this.#host = host;
  }

  /** Calls with a stream when there is one, or with undefined when nobody answers. */
  connect(from: number, to: number, done: (stream: number | undefined) => void): void {
    this.#timeline.after(this.#delay(this.#random), () => {
      const other = this.#host(to);
      if (!other || this.isCut(from, to) || this.isCut(to, from) || from === to) return done(undefined);
      const stream = ++this.#last;
      const direction = (one: number, two: number) => ({ from: one, to: two, lastMs: 0, held: [] });
      this.#streams.set(stream, { directions: [direction(from, to), direction(to, from)], closedBy: new Set() });
      other.opened(stream);
      done(stream);
    });
  }

  send(stream: number, from: number, message: Message): void {
    this.observer?.(from, message);
    this.#put(stream, from, { kind: 'message', message });
  }

  /** Closes one end; the other hears of it. */
  close(stream: number, from: number): void {
    const known = this.#streams.get(stream);
    if (!known || known.closedBy.has(from)) return;
    this.#put(stream, from, { kind: 'closed' });
    known.closedBy.add(from);
  }

  /** A host is gone: whoever was connected hears of it, as far as the ways are not cut. */
  died(host: number): void {
    for (const [stream, { directions }] of this.#streams) {
      if (directions.some(({ from }) => from === host)) this.close(stream, host);
    }
  }

  isCut(from: number, to: number): boolean {
    return this.#cut.has(`${from} ${to}`);
  }

  /** Cuts the way from one host to another. */
  cut(from: number, to: number): void {
    this.#cut.add(`${from} ${to}`);
  }

  mend(from: number, to: number): void {
    if (!this.#cut.delete(`${from} ${to}`)) return;
    for (const [stream, { directions }] of this.#streams) {
      const direction = directions.find((one) => one.from === from && one.to === to);
      if (!direction) continue;
      const { held } = direction;
      direction.held = [];
      for (const happening of held) this.#travel(stream, direction, happening);
    }
  }

  #put(stream: number, from: number, happening: Happening<Message>): void {
    const known = this.#streams.get(stream);
    if (!known || known.closedBy.has(from)) return;
    this.#travel(stream, known.directions.find((one) => one.from === from)!, happening);
  }

  #travel(stream: number, direction: Direction<Message>, happening: Happening<Message>): void {
    direction.lastMs = Math.max(direction.lastMs, this.#timeline.nowMs + this.#delay(this.#random));
    this.#timeline.at(direction.lastMs, () => this.#arrive(stream, direction, happening));
  }

  #arrive(stream: number, direction: Direction<Message>, happening: Happening<Message>): void {
    const known = this.#streams.get(stream);
    if (!known) return;
    const { from, to, held } = direction;
    if (held.length > 0 || this.isCut(from, to)) return void held.push(happening);
    if (known.closedBy.has(to)) {
      if (happening.kind === 'closed') this.#streams.delete(stream);
      return;
    }
    if (happening.kind === 'message') return this.#host(to)?.received(stream, happening.message);
    known.closedBy.add(to);
    if (known.closedBy.has(from)) this.#streams.delete(stream);
    this.#host(to)?.closed(stream);
  }
}
