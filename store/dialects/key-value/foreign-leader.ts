/**
 * A server without a log of its own that follows a foreign leader (key-value specification, section 2): it stores what
 * REPLICATION brings, and hands PUTs on.
 */

import { peerOf } from '../../../shared/host-port';
import { exchange } from '../../../shared/tcp/key-value-exchange';
import type { Listener } from '../../../shared/tcp/listener';
import { errorMessage, heldOf, type KeyValueMessage, stampedOf } from '../../../shared/wire/key-value';
import { forwardLine, getLine, type Print, replicationLine } from './lines';
import type { Pair } from './pairs';
import { openKeyValuePort, type PortOptions } from './port';
import { replyTo } from './requests';

export interface FollowOptions extends PortOptions {
  /** The leader, `host:port`. */
  leader: string;
  /** Gets a line for each request; undefined: nobody reads them. */
  print: Print | undefined;
}

/** Within this time a leader has confirmed a PUT, milliseconds: existing ones take 30 s. */
const PUT_MS = 60_000;

/** Opens the port and follows, until that is closed. @throws OperatorError `port`, or `usage` for a leader that is no `host:port` */
export async function followForeignLeader(options: FollowOptions): Promise<Listener> {
  peerOf(options.leader, 'the leader');
  const follower = new ForeignFollower(options);
  return openKeyValuePort(options, (request, client) => follower.answer(request, client));
}

export class ForeignFollower {
  /** Bounded by what the leader stores: it is a copy of that. */
  readonly #pairs = new Map<string, Pair>();
  readonly #leader: string;
  readonly #print: Print | undefined;

  constructor({ leader, print }: Pick<FollowOptions, 'leader' | 'print'>) {
    this.#leader = leader;
    this.#print = print;
  }

  /** Answers one request of a client or of the leader. Never rejects. */
  async answer(request: KeyValueMessage, client: string): Promise<KeyValueMessage> {
    const { method, key, value } = request;
    if (method === 'isLider') return { method: 'isLiderResponse', value: false, key: null, timestamp: null };
    if (typeof key !== 'string') return errorMessage('expected the method PUT, GET, REPLICATION or isLider, and a key');
    if (method === 'PUT' && typeof value === 'string') return this.#forward(key, value);
    if (method === 'GET' && (typeof value === 'number' || value === null)) return this.#get(key, heldOf(value), client);
    const stamped = method === 'REPLICATION' ? stampedOf(value) : undefined;
    if (stamped) return this.#store(key, stamped);
    return errorMessage('expected the method PUT, GET, REPLICATION or isLider, and its value');
  }

  async #forward(key: string, value: string): Promise<KeyValueMessage> {
    this.#print?.(forwardLine(key, value));
    const answer = await exchange(this.#leader, { method: 'PUT', value, key, timestamp: null }, PUT_MS);
    if (answer.kind === 'reply') return answer.reply;
    const fate = answer.kind === 'refused' ? 'it was not done' : 'it may have been done or not';
    return errorMessage(`${fate}: the leader ${this.#leader}: ${answer.reason}`);
  }

  #get(key: string, held: number | undefined, client: string): KeyValueMessage {
    const pair = this.#pairs.get(key);
    const reply = replyTo(pair, held);
    this.#print?.(getLine(client, key, held, pair?.timestamp, reply.method === 'GET_OK' ? pair!.value : reply.method));
    return reply;
  }

  /** What is older than what is here is confirmed too: it is here, and more. */
  #store(key: string, stamped: Pair): KeyValueMessage {
    const { value, timestamp } = stamped;
    this.#print?.(replicationLine(key, value, timestamp));
    const before = this.#pairs.get(key);
    if (!before || before.timestamp <= timestamp) this.#pairs.set(key, stamped);
    return { method: 'REPLICATION_OK', value, key, timestamp };
  }
}
