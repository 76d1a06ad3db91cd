/**
 * What a servent does when it hears a datagram (specification, section 4): decides, and leaves the doing to its shell. No
 * I/O, no clock, no randomness, no timer.
 *
 * What happens to a datagram, in order; whoever stops it drops it with the reason in brackets:
 *
 *   any       is it a message? [short, unknown-type, client-address, client-port, empty-key] one for a servent? [response]
 *   CLIREQ    1. its sender could be named in a QUERY [client-address, client-port]
 *             2. the sender may ask so much [not-allowed, question-rate, question-bytes]
 *             3. if the key is held, the sender may be sent the answer [answer-rate, answer-bytes]
 *             4. a QUERY with ttl 3 is made of it, noted as seen, and forwarded to all neighbours
 *             5. if the key is held, it is answered; else there was somebody to ask [key-too-long, no-neighbour]
 *   QUERY     1. a loopback client is one of this machine [loopback-client]
 *             2. the client may be served, and the sender may ask [not-allowed, stranger, stranger-rate]
 *             3. its ttl, at most 3, is noted with its identity: it is the first copy, or has a higher ttl than all before [seen]
 *             4. if it is the first and the key is held, the client may be sent the answer [answer-rate, answer-bytes]; it is
 *             5. with a ttl above 1 it goes on with one hop less, to all neighbours but its sender; who neither answered nor
 *                forwarded drops it [seen for a copy, expired, no-neighbour]
 *
 * A limit stops answer and forward alike. Checks 1 to 4 come before any effect, so that a drop is never the second word.
 */

import { strict as assert } from 'node:assert';
import { isClientIp, isLoopback } from '../shared/address-classes';
import { type Endpoint, ipOf, portOf } from '../shared/endpoint';
import { CLIREQ } from '../shared/wire/overlay/clireq';
import { Header } from '../shared/wire/overlay/header';
import { MessageWriter, putClientIp, putTtl } from '../shared/wire/overlay/message-writer';
import { CLIENT_IP_OFFSET, QUERY, QUERY_HEADER, TTL_MAX } from '../shared/wire/overlay/query';
import { DATAGRAM_MAX } from '../shared/wire/writer';
import type { Budgets } from './budgets';
import { type DefenceOptions, type DefenceReason, Defences } from './defences';
import type { HashKey } from './half-siphash';
import type { Outbox, Receiver } from './outbox';
import type { PairTable } from './pair-table';
import { OWN_QUERY_TTL, type SeenLimits, SeenQueries } from './seen-queries';
import { SharedRoom } from './seen-room';

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
  /** At most 10, each once. */
  neighbours: readonly Neighbour[];
  /** What keeps it from being aimed or starved; undefined to serve everybody without limit. */
  defences?: DefenceOptions | undefined;
  /** What the defences remember, where cores share it. Default: each its own. */
  budgets?: Budgets | undefined;
  /** Leave out the rule of the higher ttl (section 4, QUERY, step 4). */
  literal: boolean;
  /** Sequence number of the first QUERY of our own, 0 to 2^32 - 1; random in a real process. */
  firstSequence: number;
  /** Secret of the memory of seen queries; random in a real process. */
  hashKey: HashKey;
  /** What it reads and writes with; cores that take turns may share one. Default: its own. */
  workspace?: Workspace;
}

/** What a core reads and writes datagrams with: 128 KiB, so the cores of a simulator share one. */
export class Workspace {
  readonly header = new Header();
  readonly queries = new MessageWriter();
  readonly responses = new MessageWriter();
  /** Where cores that share it remember. */
  readonly seenRoom = new SharedRoom();
  /** Is a core at work here? */
  busy = false;
}

/** Neighbours towards whom a loopback client goes by the same address. */
interface Group {
  ownIp: number | undefined;
  endpoints: readonly Endpoint[];
}

/** Of cores whose neighbours are all on their own machine. */
const NO_GROUPS: readonly Group[] = [];

export class ServentCore implements Receiver {
  /** What it answers from. A reload puts another table in its place, at once and whole. */
  pairs: PairTable;
  readonly #neighbours: readonly Endpoint[];
  /** The neighbours once more, in groups; none where every one of them may be told a loopback client's own address. */
  readonly #groups: readonly Group[];
  readonly #literal: boolean;
  readonly #seen: SeenQueries;
  readonly #defences: Defences | undefined;
  readonly #workspace: Workspace;
  #sequence: number;

  constructor(options: CoreOptions) {
    this.pairs = options.pairs;
    this.#neighbours = options.neighbours.map(({ endpoint }) => endpoint);
    this.#groups = groupsOf(options.neighbours);
    this.#literal = options.literal;
    this.#seen = new SeenQueries(options, options.hashKey, options.workspace?.seenRoom);
    this.#sequence = options.firstSequence;
    this.#defences = options.defences && new Defences(options.defences, this.#neighbours, options.budgets);
    this.#workspace = options.workspace ?? new Workspace();
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
   * Handles one datagram of 0 to 65,507 bytes: answers it, forwards it, or drops it with a reason, in the order told above. The
   * bytes are lent, and a QUERY that is forwarded has its ttl changed in place.
   * @param nowMs milliseconds of a clock that never goes back
   * @throws AssertionError when it is called from within an effect of a core that shares its workspace
   */
  receive(datagram: Uint8Array, from: Endpoint, nowMs: number, out: Outbox): void {
    const workspace = this.#workspace;
    assert(!workspace.busy, 'no core is called from within an effect');
    workspace.busy = true;
    try {
      const { header } = workspace;
      const fault = header.read(datagram);
      if (fault) out.drop(fault);
      else if (header.type === CLIREQ) this.#receiveClireq(header, datagram, from, nowMs, out);
      else if (header.type === QUERY) this.#receiveQuery(header, datagram, from, nowMs, out);
      else out.drop('response');
    } finally {
      workspace.busy = false;
    }
  }

  #receiveClireq(header: Header, datagram: Uint8Array, from: Endpoint, nowMs: number, out: Outbox): void {
    // A QUERY that names this client would be malformed.
    if (!isClientIp(ipOf(from))) return out.drop('client-address');
    if (portOf(from) === 0) return out.drop('client-port');
    const refused = this.#defences?.refuseQuestion(from, datagram.length, nowMs, out);
    if (refused) return out.drop(refused);
    const response = this.#responseTo(header, datagram);
    const unanswerable = response && this.#defences?.refuseAnswer(from, response.length, nowMs, out);
    if (unanswerable) return out.drop(unanswerable);
    const fits = datagram.length - header.textAt + QUERY_HEADER <= DATAGRAM_MAX;
    // Without a neighbour nobody hears a QUERY, so none is built and none can come back.
    if (fits && this.#neighbours.length > 0) this.#ask(header, datagram, from, nowMs, out);
    if (response) out.answer(response, from);
    else if (!fits) out.drop('key-too-long');
    else if (this.#neighbours.length === 0) out.drop('no-neighbour');
  }

  /** Makes a QUERY of a CLIREQ, forwards it to every neighbour, and remembers it, so that it has no effect when it comes back. */
  #ask({ textAt, keyEnd }: Header, clireq: Uint8Array, client: Endpoint, nowMs: number, out: Outbox): void {
    const { queries } = this.#workspace;
    const query = queries.query(TTL_MAX, client, this.#sequence, clireq, textAt, clireq.length);
    const idEnd = QUERY_HEADER + keyEnd - textAt;
    this.#sequence = (this.#sequence + 1) >>> 0;
    this.#seen.note(query, CLIENT_IP_OFFSET, idEnd, OWN_QUERY_TTL, nowMs);
    if (this.#groups.length === 0 || !isLoopback(ipOf(client))) return out.forward(query, this.#neighbours, undefined);
    for (const { ownIp = ipOf(client), endpoints } of this.#groups) {
      putClientIp(query, ownIp);
      // Under another client address it is another query to whoever hears it: remember it under that one too.
      this.#seen.note(query, CLIENT_IP_OFFSET, idEnd, OWN_QUERY_TTL, nowMs);
      out.forward(query, endpoints, undefined);
    }
  }

  #receiveQuery(header: Header, datagram: Uint8Array, from: Endpoint, nowMs: number, out: Outbox): void {
    const { client } = header;
    if (isLoopback(ipOf(client)) && !isLoopback(ipOf(from))) return out.drop('loopback-client');
    const refused = this.#defences?.refuseQuery(from, client, nowMs);
    if (refused) return out.drop(refused);
    const ttl = Math.min(header.ttl, TTL_MAX);
    const sighting = this.#seen.note(datagram, CLIENT_IP_OFFSET, header.keyEnd, ttl, nowMs);
    if (sighting === 'seen' || (sighting === 'higher' && this.#literal)) return out.drop('seen');
    const response = sighting === 'first' ? this.#responseTo(header, datagram) : undefined;
    const unanswerable = response && this.#defences?.refuseAnswer(client, response.length, nowMs, out);
    if (unanswerable) return out.drop(unanswerable);
    if (response) out.answer(response, client);
    const forwards = ttl > 1 && this.#knowsOthersThan(from);
    if (forwards) {
      putTtl(datagram, ttl - 1);
      out.forward(datagram, this.#neighbours, from);
    }
    if (forwards || response) return;
    if (sighting === 'higher') out.drop('seen');
    else out.drop(ttl > 1 ? 'no-neighbour' : 'expired');
  }

  /** Is there a neighbour beside this one? */
  #knowsOthersThan(endpoint: Endpoint): boolean {
    const count = this.#neighbours.length;
    return count > 1 || (count === 1 && this.#neighbours[0] !== endpoint);
  }

  /** The RESPONSE with the pair of this question's key, lent until the next; undefined when it is not held. */
  #responseTo({ textAt, keyEnd }: Header, question: Uint8Array): Uint8Array | undefined {
    const pair = this.pairs.find(question, textAt, keyEnd);
    // Who ends texts with a NUL gets one too, if it fits.
    return pair < 0 ? undefined : this.#workspace.responses.response(this.pairs.text, pair, keyEnd < question.length);
  }
}

function groupsOf(neighbours: readonly Neighbour[]): readonly Group[] {
  if (neighbours.every(({ ownIp }) => ownIp === undefined)) return NO_GROUPS;
  const ownIps = new Set(neighbours.map(({ ownIp }) => ownIp));
  return [...ownIps].map((ownIp) => ({
    ownIp,
    endpoints: neighbours.filter((neighbour) => neighbour.ownIp === ownIp).map(({ endpoint }) => endpoint),
  }));
}
