/**
 * A servent's core with a supervisor at its elbow, who holds every datagram in against what comes out, rule by rule. Works with
 * texts and Maps, and shares only the plain decoder with the core.
 */

import type { ServentCore } from '../../../../servent/core';
import { DEFENCE_REASONS, type DefenceOptions, type Rate } from '../../../../servent/defences';
import { ObservedServent } from '../../../../servent/observed-servent';
import type { DropReason, Outbox, Receiver } from '../../../../servent/outbox';
import { isLoopback } from '../../../../shared/address-classes';
import { type Endpoint, ipOf } from '../../../../shared/endpoint';
import { ttlOf, typeOf } from '../../../../shared/wire/overlay/header';
import { decode, type Message } from '../../../../shared/wire/overlay/message';
import { QUERY } from '../../../../shared/wire/overlay/query';
import { RESPONSE, RESPONSE_HEADER } from '../../../../shared/wire/overlay/response';
import { DATAGRAM_MAX } from '../../../../shared/wire/writer';
import { keyOf } from './query-words';
import { demand, type Tally, Violation } from './states';

/** What supervisors share: the floods under way, and who met what. */
export interface Watch {
  tally: Tally;
  /** Of each query by its identity, how far from its contact servent each servent is. */
  readonly floods: Map<string, ReadonlyMap<number, number>>;
  /** Queries that a hostile peer touched: they can be anywhere. */
  readonly tainted: Set<string>;
  readonly replayed: Set<string>;
  hopsFrom(servent: number): ReadonlyMap<number, number>;
}

/** What the supervisors of one servent's workers see together. */
export interface Together {
  /** Of each query: the worker that met it. */
  readonly metBy: Map<string, number>;
  /** Ideal buckets by purpose and address: how much is gone from each, and which worker took last. */
  readonly levels: Map<string, { level: number; atMs: number; worker: number }>;
}

export interface ServentFacts {
  id: number;
  /** Which of its workers, from 0. */
  worker: number;
  together: Together;
  endpoint: Endpoint;
  neighbours: readonly Endpoint[];
  defences: DefenceOptions | undefined;
  literal: boolean;
  seenMax: number;
  seenAgeMs: number;
  firstSequence: number;
  /** What it holds now; a reload puts another in its place. */
  holds: ReadonlyMap<string, string>;
  /** Queries heard in this life and in earlier ones. */
  heard: Set<string>;
  heardBefore: ReadonlySet<string>;
}

interface Known {
  /** How many queries had been noted then. */
  noted: number;
  atMs: number;
  best: number;
  forwards: number;
  /** It may have been forgotten since: nothing certain can be said of it any more. */
  unsure: boolean;
  own: boolean;
}

/** The longest text that a QUERY carries, bytes. */
const QUERY_TEXT_MAX = 65_493;

/** Rounding in a bucket that is filled a little at a time. */
const EPSILON = 1e-6;

export class SupervisedServent implements Receiver {
  readonly core: ServentCore;
  readonly #observed: ObservedServent;
  readonly facts: ServentFacts;
  readonly #watch: Watch;
  readonly #known = new Map<string, Known>();
  #noted = 0;
  #sequence: number;
  #received = 0;
  #effective = 0;
  #dropped = 0;
  // Of the datagram at hand.
  #input = new Uint8Array(0);
  #from: Endpoint = 0;
  #message: Message | undefined;
  #drop: DropReason | undefined;
  #answer: { text: string; to: Endpoint } | undefined;
  #forwards: Endpoint[] = [];
  #sentTtl = -1;

  constructor(core: ServentCore, facts: ServentFacts, watch: Watch) {
    this.core = core;
    this.#observed = new ObservedServent(core, [
      {
        answered: (response, client) => this.#afterAnswer(response, client),
        forwarded: (query, neighbour) => this.#afterForward(query, neighbour),
        dropped: (reason) => this.#afterDrop(reason),
      },
    ]);
    this.facts = facts;
    this.#watch = watch;
    this.#sequence = facts.firstSequence;
  }

  receive(datagram: Uint8Array, from: Endpoint, nowMs: number, network: Outbox): void {
    this.#input = datagram.slice();
    this.#from = from;
    this.#drop = this.#answer = this.#message = undefined;
    this.#forwards = [];
    this.#sentTtl = -1;
    let fault: string | undefined;
    try {
      this.#message = decode(this.#input);
    } catch (error) {
      fault = (error as { code: string }).code;
    }
    const spared = this.#spared;
    this.#observed.receive(datagram, from, nowMs, network);
    const sends = this.#forwards.length + (this.#answer ? 1 : 0);
    this.#received++;
    if (this.#drop) this.#dropped++;
    if (sends > 0) this.#effective++;
    demand(this.#received === this.#effective + this.#dropped, 'received == handled + dropped');
    demand(this.core.seenCount <= this.facts.seenMax, 'the seen memory is bounded');
    if (this.#drop) this.#watch.tally.met(`dropped: ${this.#drop}`);
    if (this.#spared > spared) this.#watch.tally.met('a dry run would have dropped');
    const message = this.#message;
    if (!message) return demand(this.#drop === (fault as DropReason), `a malformed datagram is dropped as ${fault}`);
    if (message.type === 'RESPONSE') return demand(this.#drop === 'response', 'a RESPONSE has no effect');
    if (message.type === 'CLIREQ') this.#afterClireq(message.text, nowMs);
    else this.#afterQuery(message, nowMs);
  }

  #afterAnswer(response: Uint8Array, to: Endpoint): void {
    demand(!this.#answer, 'a datagram is answered at most once');
    demand(!this.#drop, 'a drop is the only effect');
    demand(typeOf(response) === RESPONSE, 'an answer is a RESPONSE');
    if (response.length > 512) this.#watch.tally.met('an answer was longer than 512 bytes');
    if (response.length === DATAGRAM_MAX) this.#watch.tally.met('an answer was of the longest datagram there is');
    this.#answer = { text: Buffer.from(response.subarray(RESPONSE_HEADER)).toString('latin1'), to };
  }

  #afterForward(query: Uint8Array, to: Endpoint): void {
    demand(!this.#drop, 'a drop is the only effect');
    demand(typeOf(query) === QUERY, 'a forward is a QUERY');
    this.#checkQuery(query);
    this.#forwards.push(to);
  }

  #afterDrop(reason: DropReason): void {
    demand(!this.#drop && !this.#answer && this.#forwards.length === 0, 'a drop is the only effect');
    this.#drop = reason;
  }

  /** A QUERY that leaves: the one that came with another ttl, or made of the CLIREQ that came. */
  #checkQuery(bytes: Uint8Array): void {
    const ttl = ttlOf(bytes);
    demand(this.#sentTtl === -1 || this.#sentTtl === ttl, 'all neighbours get the same');
    this.#sentTtl = ttl;
    const input = this.#input;
    const message = this.#message;
    if (message?.type === 'QUERY') {
      demand(ttl >= 1 && ttl === Math.min(message.ttl, 3) - 1, 'a forward has one hop less, and more than none');
      let same = bytes.length === input.length;
      for (let i = 4; same && i < bytes.length; i++) same = bytes[i] === input[i];
      demand(same, 'a forward differs from its input in the ttl alone');
    } else if (message?.type === 'CLIREQ') {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      demand(ttl === 3, 'a new QUERY has ttl 3');
      demand(view.readUInt32BE(4) * 65_536 + view.readUInt16BE(8) === this.#from, 'a new QUERY names its client');
      demand(view.readUInt32BE(10) === this.#sequence, 'the sequence goes up by one');
      demand(Buffer.compare(view.subarray(14), input.subarray(2)) === 0, 'the key text travels as received');
    } else {
      throw new Violation('nothing is sent because of a RESPONSE or a malformed datagram');
    }
  }

  #afterClireq(text: Uint8Array, nowMs: number): void {
    const { neighbours, holds, id } = this.facts;
    const { tally, floods } = this.#watch;
    if (this.#checkLimited(ipOf(this.#from), nowMs)) return;
    const key = keyOf(text);
    if (text.length > QUERY_TEXT_MAX) {
      demand(this.#drop === 'key-too-long', 'a key too long for a QUERY is looked up and goes nowhere');
      return;
    }
    const sequence = this.#sequence;
    if (neighbours.length > 0) this.#sequence = (sequence + 1) >>> 0;
    if (this.#sequence === 0) tally.met('a sequence went from 2^32 - 1 on to 0');
    demand(sameSet(this.#forwards, neighbours), 'a new QUERY goes to every neighbour once');
    this.#checkAnswer(holds.has(key), key, text, this.#from);
    const identity = `${this.#from} ${sequence} ${key}`;
    if (neighbours.length > 0) this.#meet(identity);
    // Two contacts asked from one port may come to the same sequence: then nobody can tell their queries apart.
    if (floods.has(identity)) this.#watch.tainted.add(identity);
    if (neighbours.length > 0) floods.set(identity, this.#watch.hopsFrom(id));
    const unsure = this.#known.has(identity);
    this.#known.set(identity, {
      noted: this.#noted++,
      atMs: nowMs,
      best: Number.POSITIVE_INFINITY,
      forwards: 0,
      unsure,
      own: true,
    });
  }

  #afterQuery({ client, sequence, text, ttl: received }: Extract<Message, { type: 'QUERY' }>, nowMs: number): void {
    const { facts } = this;
    const { tally, floods, tainted, replayed } = this.#watch;
    const identity = `${client} ${sequence} ${keyOf(text)}`;
    if (isLoopback(ipOf(client)) && !isLoopback(ipOf(this.#from))) {
      return demand(this.#drop === 'loopback-client', 'a loopback client from elsewhere is dropped');
    }
    if (this.#drop === 'stranger' || this.#drop === 'stranger-rate' || this.#drop === 'not-allowed') {
      this.#checkLimited(ipOf(client), nowMs);
      return;
    }
    this.#meet(identity);
    const ttl = Math.min(received, 3);
    const hops = floods.get(identity)?.get(facts.id);
    if (floods.has(identity) && !tainted.has(identity)) {
      demand(
        hops !== undefined && hops <= 4 - Math.max(1, ttl),
        'nobody hears a query beyond 3 hops, or with too high a ttl',
      );
    }
    const key = keyOf(text);
    const known = this.#known.get(identity);
    const remembered =
      known && !known.unsure && this.#noted - known.noted < facts.seenMax && nowMs - known.atMs <= facts.seenAgeMs;
    if (known && !remembered) {
      tally.met(
        nowMs - known.atMs > facts.seenAgeMs
          ? 'a query came again when it was too old to be remembered'
          : 'the seen memory turned over',
      );
    }
    if (!known && facts.heardBefore.has(identity))
      tally.met('a revived servent heard a query again that it had heard before its death');
    facts.heard.add(identity);
    if (!remembered) this.#noted++;
    if (this.#checkLimited(ipOf(client), nowMs)) {
      demand(!remembered, 'only an answer that was due can be limited');
      this.#known.set(identity, {
        noted: this.#noted,
        atMs: nowMs,
        best: ttl,
        forwards: 0,
        unsure: known !== undefined,
        own: false,
      });
      return;
    }
    const others = facts.neighbours.filter((neighbour) => neighbour !== this.#from);
    const higher = remembered && !facts.literal && ttl > known.best;
    if (!known || remembered) {
      this.#checkAnswer(!known && facts.holds.has(key), key, text, client);
      const forwards = ttl > 1 && (!known || higher);
      demand(
        sameSet(this.#forwards, forwards ? others : []),
        forwards ? 'a query goes on to every neighbour but its sender' : 'a query that is over goes no further',
      );
    } else if (this.#answer) {
      this.#checkAnswer(true, key, text, client);
    }
    if (this.#forwards.length > 0) demand(sameSet(this.#forwards, others), 'a forward never goes back to its sender');
    // The states met.
    if (higher && this.#forwards.length > 0) tally.met('a higher-ttl copy came late');
    if (known && facts.worker > 0) tally.met('a copy came to the worker that knew it, of several');
    if (known?.own) tally.met('an own query came back');
    else if (this.#drop === 'seen') tally.met('a copy that came a way around was dropped as seen');
    if (received > 3 && this.#forwards.length > 0) tally.met('a ttl above 3 was taken for 3');
    if (received === 0 && this.#answer) tally.met('a ttl of 0 was answered');
    if (replayed.has(identity) && this.#answer) tally.met('a replayed query was answered');
    if (!facts.neighbours.some((neighbour) => ipOf(neighbour) === ipOf(this.#from)) && !this.#drop)
      tally.met('a stranger was served');
    if (!known || !remembered) {
      this.#known.set(identity, {
        noted: this.#noted,
        atMs: nowMs,
        best: ttl,
        forwards: this.#forwards.length > 0 ? 1 : 0,
        unsure: known !== undefined,
        own: false,
      });
    } else {
      known.best = Math.max(known.best, ttl);
      if (this.#forwards.length > 0) known.forwards++;
      demand(known.forwards <= (facts.literal ? 1 : 2), 'a servent forwards a query at most twice');
    }
  }

  #meet(identity: string): void {
    const { worker, together } = this.facts;
    const met = together.metBy.get(identity) ?? worker;
    demand(met === worker, 'all copies of a query meet one worker');
    together.metBy.set(identity, worker);
  }

  #checkAnswer(due: boolean, key: string, text: Uint8Array, client: Endpoint): void {
    demand(
      (this.#answer !== undefined) === due,
      due ? 'a key that is held is answered' : 'a query is answered once, and only by who holds the key',
    );
    if (!this.#answer) return;
    demand(this.#answer.to === client, 'an answer goes straight to the client');
    const pair = `${key}\t${this.facts.holds.get(key)}`;
    // Where a NUL still fits.
    const nul = text.includes(0) && RESPONSE_HEADER + pair.length < DATAGRAM_MAX;
    demand(
      this.#answer.text === (nul ? `${pair}\0` : pair),
      'an answer is the pair of the table as it is now, with a NUL for who sent one',
    );
    if (nul) this.#watch.tally.met('a question with a NUL was answered with one');
  }

  /** Holds ideal buckets against what was let through and what was not. Gives whether the datagram was limited. */
  #checkLimited(ip: number, nowMs: number): boolean {
    const { defences } = this.facts;
    const reason = this.#drop;
    const limited = reason !== undefined && (DEFENCE_REASONS as readonly string[]).includes(reason);
    if (!defences) {
      demand(!limited, 'without limits nothing is limited');
      return false;
    }
    if (defences.dryRun) {
      demand(!limited, 'a dry run drops nothing');
      return false;
    }
    const { questions, answers, bytes } = defences.privateLimits;
    if (this.#message?.type === 'CLIREQ') {
      if (reason === 'question-rate')
        demand(!this.#fits(`q ${ip}`, questions, 1, nowMs), 'questions within their rate are served');
      else if (reason === 'question-bytes')
        demand(!this.#fits(`b ${ip}`, bytes, this.#input.length, nowMs), 'questions within their bytes are served');
      else if (reason !== 'not-allowed') {
        demand(this.#take(`q ${ip}`, questions, 1, nowMs), 'questions keep their rate in every window');
        demand(this.#take(`b ${ip}`, bytes, this.#input.length, nowMs), 'questions keep their bytes in every window');
      }
    }
    if (reason === 'answer-rate')
      demand(!this.#fits(`a ${ip}`, answers, 1, nowMs), 'answers within their rate are sent');
    if (this.#answer) {
      demand(this.#take(`a ${ip}`, answers, 1, nowMs), 'answers keep their rate in every window');
      demand(
        this.#take(`c ${ip}`, bytes, this.#answer.text.length + 2, nowMs),
        'answers keep their bytes in every window',
      );
    }
    return limited;
  }

  get #spared(): number {
    if (!this.facts.defences?.dryRun) return 0;
    let sum = 0;
    for (const count of Object.values(this.core.wouldDrop)) sum += count;
    return sum;
  }

  #fits(name: string, rate: Rate, amount: number, nowMs: number): boolean {
    if (rate.perSecond === 0) return true;
    const { worker, together } = this.facts;
    const bucket = together.levels.get(name) ?? { level: 0, atMs: nowMs, worker };
    const level = Math.max(0, bucket.level - (rate.perSecond * (nowMs - bucket.atMs)) / 1000);
    together.levels.set(name, { ...bucket, level, atMs: nowMs });
    const fits = level + amount <= rate.burst - EPSILON;
    if (!fits && bucket.worker !== worker) this.#watch.tally.met('a limit bit that another worker had used up');
    return fits;
  }

  #take(name: string, rate: Rate, amount: number, nowMs: number): boolean {
    this.#fits(name, rate, amount, nowMs);
    if (rate.perSecond === 0) return true;
    const bucket = this.facts.together.levels.get(name)!;
    bucket.level += amount;
    bucket.worker = this.facts.worker;
    return bucket.level <= rate.burst + EPSILON;
  }
}

function sameSet(some: readonly Endpoint[], others: readonly Endpoint[]): boolean {
  return some.length === others.length && some.every((endpoint) => others.includes(endpoint));
}
