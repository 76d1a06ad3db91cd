/**
 * A second servent, written from section 4 of the specification with texts and a Map, to hold the real one to. Slow, never
 * forgets, and says what it does in the words of TestServent.
 */

import { isClientIp, isLoopback } from '../../../shared/address-classes';
import { formatEndpoint, ipOf, portOf } from '../../../shared/endpoint';
import { decode } from '../../../shared/wire/overlay/message';
import { WireError } from '../../../shared/wire/wire-error';
import { at, toLatin1 } from '../bytes';
import type { TestServentOptions } from './test-servent';

export class PlainServent {
  readonly #pairs: Map<string, string>;
  readonly #neighbours: { neighbour: string; ownIp?: string }[];
  readonly #literal: boolean;
  #sequence: number;
  /** The highest ttl of each query seen; of its own, Infinity. */
  readonly #seen = new Map<string, number>();

  constructor({ holds = '', knows = [], literal = false, firstSequence = 7 }: TestServentOptions) {
    this.#pairs = new Map([...holds.matchAll(/^(\S+) (.+)$/gm)].map(([, key, value]) => [key!, value!]));
    this.#neighbours = knows.map((known) => (typeof known === 'string' ? { neighbour: known } : known));
    this.#literal = literal;
    this.#sequence = firstSequence;
  }

  hears(datagram: Uint8Array, from: string): string[] {
    try {
      const message = decode(datagram);
      if (message.type === 'RESPONSE') return ['drop: response'];
      const text = toLatin1(message.text);
      if (message.type === 'CLIREQ') return this.#clireq(text, from);
      return this.#query(text, message.ttl, formatEndpoint(message.client), message.sequence, from);
    } catch (error) {
      if (error instanceof WireError) return [`drop: ${error.code}`];
      throw error;
    }
  }

  #clireq(text: string, client: string): string[] {
    if (!isClientIp(ipOf(at(client)))) return ['drop: client-address'];
    if (portOf(at(client)) === 0) return ['drop: client-port'];
    const sequence = this.#sequence;
    this.#sequence = (this.#sequence + 1) % 2 ** 32;
    const named = this.#neighbours.map(({ neighbour, ownIp }) => ({
      neighbour,
      name: ownIp && isLoopback(ipOf(at(client))) ? `${ownIp}:${portOf(at(client))}` : client,
    }));
    // Those who are told the same, together.
    const names = [...new Set(named.map(({ name }) => name))];
    const queries = names.flatMap((name) => {
      this.#seen.set(identity(text, name, sequence), Number.POSITIVE_INFINITY);
      return named.filter((one) => one.name === name).map(({ neighbour }) => say(text, sequence, name, 3, neighbour));
    });
    // A query that nobody was sent is nobody's to bring back.
    if (queries.length > 0) this.#seen.set(identity(text, client, sequence), Number.POSITIVE_INFINITY);
    const effects = [...queries, ...this.#answer(text, client)];
    return effects.length > 0 ? effects : ['drop: no-neighbour'];
  }

  #query(text: string, received: number, client: string, sequence: number, from: string): string[] {
    if (isLoopback(ipOf(at(client))) && !isLoopback(ipOf(at(from)))) return ['drop: loopback-client'];
    const ttl = Math.min(received, 3);
    const id = identity(text, client, sequence);
    const best = this.#seen.get(id);
    if (best !== undefined && (this.#literal || ttl <= best)) return ['drop: seen'];
    this.#seen.set(id, ttl);
    const answer = best === undefined ? this.#answer(text, client) : [];
    const others = this.#neighbours.filter(({ neighbour }) => neighbour !== from);
    const forwards = ttl - 1 > 0 ? others.map(({ neighbour }) => say(text, sequence, client, ttl - 1, neighbour)) : [];
    const effects = [...answer, ...forwards];
    if (effects.length > 0) return effects;
    if (best !== undefined) return ['drop: seen'];
    return [ttl - 1 > 0 ? 'drop: no-neighbour' : 'drop: expired'];
  }

  #answer(text: string, client: string): string[] {
    const [key = ''] = text.split('\0');
    const value = this.#pairs.get(key);
    if (value === undefined) return [];
    return [`RESPONSE ${key}=${value}${text.includes('\0') ? '\\0' : ''}, to ${client}`];
  }
}

function identity(text: string, client: string, sequence: number): string {
  return `${client} ${sequence} ${text.split('\0')[0]}`;
}

function say(text: string, sequence: number, client: string, ttl: number, to: string): string {
  return `QUERY ${text.replaceAll('\0', '\\0')} #${sequence} of ${client}, ttl ${ttl}, to ${to}`;
}
