/** A servent without a socket, whose effects read as prose: `QUERY ssh #7 of 10.0.0.9:40000, ttl 3, to 10.0.0.1:5000`. */

import { ServentCore } from '../../../servent/core';
import type { DefenceOptions, DefenceReason } from '../../../servent/defences';
import { parseKeyValueFile } from '../../../servent/key-value-file';
import { ObservedServent } from '../../../servent/observed-servent';
import type { DropReason, Outbox } from '../../../servent/outbox';
import type { PairTable } from '../../../servent/pair-table';
import { type Endpoint, formatEndpoint, formatIp, parseIp } from '../../../shared/endpoint';
import { encodeClireq } from '../../../shared/wire/overlay/clireq';
import { decode } from '../../../shared/wire/overlay/message';
import { encodeQuery } from '../../../shared/wire/overlay/query';
import { at, latin1, toLatin1 } from '../bytes';

/** What a servent did on one datagram, in order. Copies what is sent, as a socket would. */
export class CollectingOutbox implements Outbox {
  readonly sent: { bytes: Uint8Array; to: Endpoint }[] = [];
  readonly drops: DropReason[] = [];
  readonly notices: string[] = [];

  answer(response: Uint8Array, client: Endpoint): void {
    this.sent.push({ bytes: response.slice(), to: client });
  }

  forward(query: Uint8Array, neighbours: readonly Endpoint[], except: Endpoint | undefined): void {
    for (const to of neighbours) if (to !== except) this.sent.push({ bytes: query.slice(), to });
  }

  drop(reason: DropReason): void {
    this.drops.push(reason);
  }

  notice(reason: DefenceReason, ip: number): void {
    this.notices.push(`${formatIp(ip)} ${reason}`);
  }

  get prose(): string[] {
    const sent = this.sent.map(({ bytes, to }) => `${describeDatagram(bytes)}, to ${formatEndpoint(to)}`);
    return [...sent, ...this.drops.map((reason) => `drop: ${reason}`)];
  }
}

export interface TestServentOptions {
  /** Its key-value file. */
  holds?: string;
  /** Its neighbours, with the address it names towards them in the place of a loopback client's. */
  knows?: readonly (string | { neighbour: string; ownIp: string })[];
  literal?: boolean;
  firstSequence?: number;
  seenMax?: number;
  seenAgeMs?: number;
  /** Default: none, everybody is served without limit. */
  defences?: DefenceOptions;
}

export class TestServent {
  readonly core: ServentCore;
  /** The core, held to one outcome a datagram. */
  readonly #observed: ObservedServent;
  /** What it did on the last datagram. */
  last = new CollectingOutbox();

  constructor({
    holds = '',
    knows = [],
    literal = false,
    firstSequence = 7,
    seenMax = 1000,
    seenAgeMs = 60_000,
    defences,
  }: TestServentOptions) {
    const neighbours = knows.map((known) =>
      typeof known === 'string'
        ? { endpoint: at(known), ownIp: undefined }
        : { endpoint: at(known.neighbour), ownIp: parseIp(known.ownIp) },
    );
    const options = { neighbours, literal, firstSequence, seenMax, seenAgeMs, defences };
    this.core = new ServentCore({ ...options, pairs: pairsOf(holds), hashKey: [0x01234567, 0x89abcdef] });
    this.#observed = new ObservedServent(this.core, []);
  }

  /** Gives what it does about a datagram. The servent gets a copy, since it may change what it hears. */
  hears(datagram: Uint8Array, from: string, nowMs = 0): string[] {
    this.last = new CollectingOutbox();
    this.#observed.receive(datagram.slice(), at(from), nowMs, this.last);
    return this.last.prose;
  }
}

/** The pairs of a key-value file given as text. */
export function pairsOf(file: string): PairTable {
  return parseKeyValueFile(latin1(file)).pairs;
}

export function clireq(text: string): Uint8Array {
  return encodeClireq({ text: latin1(text) });
}

export function query(text: string, { ttl = 3, of = '10.0.0.9:40000', sequence = 1 } = {}): Uint8Array {
  return encodeQuery({ ttl, client: at(of), sequence, text: latin1(text) });
}

function describeDatagram(datagram: Uint8Array): string {
  const message = decode(datagram);
  switch (message.type) {
    case 'CLIREQ':
      return `CLIREQ ${show(message.text)}`;
    case 'QUERY':
      return `QUERY ${show(message.text)} #${message.sequence} of ${formatEndpoint(message.client)}, ttl ${message.ttl}`;
    case 'RESPONSE':
      return `RESPONSE ${message.key ? `${show(message.key)}=` : ''}${show(message.value)}${show(message.tail)}`;
  }
}

function show(bytes: Uint8Array): string {
  return toLatin1(bytes).replaceAll('\0', '\\0');
}
