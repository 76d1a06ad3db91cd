/**
 * What a servent does when it hears a datagram (specification, section 4): decides, and leaves the doing to its shell. No
 * I/O, no clock, no randomness, no timer.
 */

import { isClientIp, isLoopback } from '../shared/address-classes';
import { type Endpoint, ipOf, portOf } from '../shared/endpoint';
import { CLIREQ } from '../shared/wire/overlay/clireq';
import { Header } from '../shared/wire/overlay/header';
import {
  CLIENT_IP_OFFSET,
  CLIENT_PORT_OFFSET,
  QUERY,
  QUERY_HEADER,
  SEQUENCE_OFFSET,
  TTL_MAX,
  TTL_OFFSET,
} from '../shared/wire/overlay/query';
import { RESPONSE, RESPONSE_HEADER } from '../shared/wire/overlay/response';
import { NUL } from '../shared/wire/overlay/text';
import { MALFORMED_CODES } from '../shared/wire/wire-error';
import { DATAGRAM_MAX } from '../shared/wire/writer';
import { DEFENCE_REASONS, type DefenceOptions, type DefenceReason, Defences, type NoticeOutbox } from './defences';
import type { HashKey } from './half-siphash';
import type { PairTable } from './pair-table';
import { OWN_QUERY_TTL, type SeenLimits, SeenQueries } from './seen-queries';

/** Why a datagram had no effect. */
export const DROP_REASONS = [
  ...MALFORMED_CODES,
  /** A RESPONSE: servents handle none. */
  'response',
  /** A QUERY that names a loopback client and comes from elsewhere. */
  'loopback-client',
  /** A copy of a query already seen. */
  'seen',
  /** The key is not held and no hop is left. */
  'expired',
  /** The key is not held and there is no neighbour to ask. */
  'no-neighbour',
  /** The key is not held and too long for a QUERY. */
  'key-too-long',
  ...DEFENCE_REASONS,
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

/** Where a core puts what it decides. */
export interface Outbox extends NoticeOutbox {
  /** Send one datagram. The bytes are lent only until this returns, and no core may be called from within. */
  send(bytes: Uint8Array, to: Endpoint): void;
  /** The datagram being received had no effect. At most one drop a datagram, and none after a send. */
  drop(reason: DropReason): void;
}

export interface Neighbour {
  endpoint: Endpoint;
  /**
   * The address to name towards this neighbour in the place of a loopback client's: our own. Undefined for a neighbour that
   * is on loopback itself.
   */
  ownIp: number | undefined;
}

export interface CoreOptions extends SeenLimits {
  pairs: PairTable;
  /** At most 10. */
  neighbours: readonly Neighbour[];
  /** What keeps it from being aimed or starved; undefined to serve everybody without limit. */
  defences?: DefenceOptions | undefined;
  /** Leave out the rule of the higher ttl (section 4, QUERY, step 4). */
  literal: boolean;
  /** Sequence number of the first QUERY of our own, 0 to 2^32 - 1; random in a real process. */
  firstSequence: number;
  /** Secret of the memory of seen queries; random in a real process. */
  hashKey: HashKey;
}

/**
 * Where a QUERY or RESPONSE is put together. All cores share it: they are synchronous, and what they send is copied or gone
 * before they go on.
 */
const scratch = new Uint8Array(DATAGRAM_MAX);

/** Views of its beginning by their length, for a new view costs more than all the rest of an answer. Bounded by KEPT_VIEW_MAX. */
const views: Uint8Array[] = [];

/** The longest view kept: few messages are longer, and they cost more themselves. */
const KEPT_VIEW_MAX = 512;

const header = new Header();

export class ServentCore {
  /** What it answers from. A reload puts another table in its place, at once and whole. */
  pairs: PairTable;
  readonly #neighbours: readonly Neighbour[];
  /** The neighbours' endpoints side by side: a forward reads nothing else. */
  readonly #endpoints: readonly Endpoint[];
  readonly #literal: boolean;
  readonly #seen: SeenQueries;
  readonly #defences: Defences | undefined;
  #sequence: number;

  constructor(options: CoreOptions) {
    this.pairs = options.pairs;
    this.#neighbours = options.neighbours;
    this.#endpoints = options.neighbours.map(({ endpoint }) => endpoint);
    this.#literal = options.literal;
    this.#seen = new SeenQueries(options, options.hashKey);
    this.#sequence = options.firstSequence;
    this.#defences = options.defences && new Defences(options.defences, this.#endpoints);
  }

  /** Queries remembered as seen. */
  get seenCount(): number {
    return this.#seen.count;
  }

  /** With a dry run of the defences: what they would have dropped. */
  get wouldDrop(): Readonly<Partial<Record<DefenceReason, number>>> {
    return this.#defences?.wouldDrop ?? {};
  }

  /**
   * Handles one datagram of 0 to 65,507 bytes: sends what it calls for, or drops it with a reason. The bytes are lent, and a
   * QUERY that is forwarded has its ttl changed in place.
   * @param nowMs milliseconds of a clock that never goes back
   */
  receive(datagram: Uint8Array, from: Endpoint, nowMs: number, out: Outbox): void {
    const fault = header.read(datagram);
    if (fault) out.drop(fault);
    else if (header.type === CLIREQ) this.#receiveClireq(datagram, from, nowMs, out);
    else if (header.type === QUERY) this.#receiveQuery(datagram, from, nowMs, out);
    else out.drop('response');
  }

  #receiveClireq(datagram: Uint8Array, from: Endpoint, nowMs: number, out: Outbox): void {
    // A QUERY that names this client would be malformed.
    if (!isClientIp(ipOf(from))) return out.drop('client-address');
    if (portOf(from) === 0) return out.drop('client-port');
    const refused = this.#defences?.refuseQuestion(from, datagram.length, nowMs, out);
    if (refused) return out.drop(refused);
    const pair = this.pairs.find(datagram, header.textAt, header.keyEnd);
    const unanswerable = this.#refuseAnswer(pair, datagram, from, nowMs, out);
    if (unanswerable) return out.drop(unanswerable);
    const fits = datagram.length - header.textAt + QUERY_HEADER <= DATAGRAM_MAX;
    // Without a neighbour nobody hears a QUERY, so none is built and none can come back.
    if (fits && this.#neighbours.length > 0) this.#ask(datagram, from, nowMs, out);
    if (pair >= 0) this.#answer(pair, datagram, from, out);
    else if (!fits) out.drop('key-too-long');
    else if (this.#neighbours.length === 0) out.drop('no-neighbour');
  }

  /** Builds a QUERY for a CLIREQ, sends it to every neighbour, and remembers it, so that it has no effect when it comes back. */
  #ask(clireq: Uint8Array, client: Endpoint, nowMs: number, out: Outbox): void {
    const length = QUERY_HEADER + clireq.length - header.textAt;
    const idEnd = QUERY_HEADER + header.keyEnd - header.textAt;
    const query = scratchOf(length);
    putUint16(query, 0, QUERY);
    putUint16(query, TTL_OFFSET, TTL_MAX);
    putUint16(query, CLIENT_PORT_OFFSET, portOf(client));
    putUint32(query, SEQUENCE_OFFSET, this.#sequence);
    for (let i = QUERY_HEADER, from = header.textAt; i < length; i++, from++) query[i] = clireq[from]!;
    this.#sequence = (this.#sequence + 1) >>> 0;
    const loopback = isLoopback(ipOf(client));
    putUint32(query, CLIENT_IP_OFFSET, ipOf(client));
    this.#seen.note(query, CLIENT_IP_OFFSET, idEnd, OWN_QUERY_TTL, nowMs);
    for (const { endpoint, ownIp } of this.#neighbours) {
      putUint32(query, CLIENT_IP_OFFSET, loopback ? (ownIp ?? ipOf(client)) : ipOf(client));
      // Under another client address it is another query to whoever hears it: remember it under that one too.
      if (loopback && ownIp !== undefined) this.#seen.note(query, CLIENT_IP_OFFSET, idEnd, OWN_QUERY_TTL, nowMs);
      out.send(query, endpoint);
    }
  }

  #receiveQuery(datagram: Uint8Array, from: Endpoint, nowMs: number, out: Outbox): void {
    const { client } = header;
    if (isLoopback(ipOf(client)) && !isLoopback(ipOf(from))) return out.drop('loopback-client');
    const refused = this.#defences?.refuseQuery(from, client, nowMs);
    if (refused) return out.drop(refused);
    const ttl = Math.min(header.ttl, TTL_MAX);
    const sighting = this.#seen.note(datagram, CLIENT_IP_OFFSET, header.keyEnd, ttl, nowMs);
    if (sighting === 'seen' || (sighting === 'higher' && this.#literal)) return out.drop('seen');
    const pair = sighting === 'first' ? this.pairs.find(datagram, header.textAt, header.keyEnd) : -1;
    const unanswerable = this.#refuseAnswer(pair, datagram, client, nowMs, out);
    if (unanswerable) return out.drop(unanswerable);
    if (pair >= 0) this.#answer(pair, datagram, client, out);
    const forwarded = ttl > 1 && this.#forward(datagram, ttl - 1, from, out);
    if (forwarded || pair >= 0) return;
    if (sighting === 'higher') out.drop('seen');
    else out.drop(ttl > 1 ? 'no-neighbour' : 'expired');
  }

  /** Sends the same bytes with a new ttl to every neighbour but the sender; gives whether there was one. */
  #forward(query: Uint8Array, ttl: number, from: Endpoint, out: Outbox): boolean {
    putUint16(query, TTL_OFFSET, ttl);
    let forwarded = false;
    for (const endpoint of this.#endpoints) {
      if (endpoint === from) continue;
      out.send(query, endpoint);
      forwarded = true;
    }
    return forwarded;
  }

  /** Why the RESPONSE with this pair may not go to the client; undefined when it may, and where there is none to send. */
  #refuseAnswer(
    pair: number,
    question: Uint8Array,
    client: Endpoint,
    nowMs: number,
    out: Outbox,
  ): DefenceReason | undefined {
    if (pair < 0 || !this.#defences) return undefined;
    return this.#defences.refuseAnswer(client, answerLength(this.pairs.lengthOf(pair), question), nowMs, out);
  }

  /** Sends the RESPONSE with this pair. */
  #answer(pair: number, question: Uint8Array, client: Endpoint, out: Outbox): void {
    const pairLength = this.pairs.lengthOf(pair);
    const length = answerLength(pairLength, question);
    putUint16(scratch, 0, RESPONSE);
    this.pairs.copyPair(pair, pairLength, scratch, RESPONSE_HEADER);
    if (RESPONSE_HEADER + pairLength < length) scratch[length - 1] = NUL;
    out.send(scratchOf(length), client);
  }
}

/** The first `length` bytes of scratch. */
function scratchOf(length: number): Uint8Array {
  if (length > KEPT_VIEW_MAX) return scratch.subarray(0, length);
  return (views[length] ??= scratch.subarray(0, length));
}

/** Bytes of a RESPONSE with so long a pair. Who ends texts with a NUL gets one too, if it fits. */
function answerLength(pairLength: number, question: Uint8Array): number {
  const length = RESPONSE_HEADER + pairLength;
  return header.keyEnd < question.length && length < DATAGRAM_MAX ? length + 1 : length;
}

function putUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  putUint16(bytes, at, value >>> 16);
  putUint16(bytes, at + 2, value);
}
