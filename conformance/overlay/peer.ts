/** A virtual peer: a UDP socket of ours that says what the case tells it to, and keeps what it hears. */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Endpoint, endpointOf, formatIp, ipOf, parseIp, portOf } from '../../shared/endpoint';
import type { Message } from '../../shared/wire/overlay/message';
import type { Exchange, Party } from '../exchange';
import type { Ground } from '../ground';
import { Unmet } from '../unmet';
import { datagramWords, type Pattern } from './messages';

/** A datagram that came. */
export interface Heard {
  bytes: Uint8Array;
  from: Endpoint;
  /** Since the case began. */
  atMs: number;
}

/** Who hears more keeps no more. */
const HEARD_MAX = 5000;
const RECEIVE_BUFFER = 4 << 20;
/** How often is looked for what is awaited, milliseconds. */
const LOOK_MS = 3;
/** Of what came instead, a report shows so many. */
const SHOWN_MAX = 5;

export class Peer implements Party {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly #socket: Socket;
  readonly #exchange: Exchange;
  readonly #patienceMs: number;
  /** Whom it speaks to. */
  #program: Party | undefined;
  /** Bounded by HEARD_MAX. */
  readonly #heard: Heard[] = [];
  /** What `hears` has given already. */
  readonly #given = new Set<Heard>();

  private constructor(name: string, socket: Socket, ground: Ground) {
    this.name = name;
    const { address, port } = socket.address();
    this.endpoint = endpointOf(parseIp(address)!, port);
    this.#socket = socket;
    this.#exchange = ground.exchange;
    this.#patienceMs = ground.terms.patienceMs;
    socket.on('message', (bytes, from) => this.#receive(bytes, from));
    // What the system refuses to send did not arrive: the case sees that by itself.
    socket.on('error', () => {});
    ground.whenEnded(() => void socket.close());
  }

  /** Opens a peer at a free port. */
  static async open(name: string, ground: Ground, address = '127.0.0.1'): Promise<Peer> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER }).bind(0, address);
    await once(socket, 'listening');
    return new Peer(name, socket, ground);
  }

  /** Names whom it speaks to, and whose datagrams it hears from then on. */
  meets(program: Party): void {
    this.#program = program;
  }

  /** Sends a datagram to the program, and gives it. */
  says(datagram: Uint8Array): Uint8Array {
    const program = this.#program!;
    this.#exchange.add('udp', this, program, datagram);
    this.#socket.send(datagram, portOf(program.endpoint), formatIp(ipOf(program.endpoint)));
    return datagram;
  }

  /** Awaits the first datagram that matches and was not awaited before. @throws Unmet when none comes in time */
  async hears<Found extends Message>(
    pattern: Pattern<Found>,
    withinMs = this.#patienceMs,
  ): Promise<Found & { heard: Heard }> {
    for (const endMs = performance.now() + withinMs; ; await sleep(LOOK_MS)) {
      for (const heard of this.#heard) {
        const found = this.#given.has(heard) ? undefined : pattern.find(heard.bytes);
        if (found === undefined) continue;
        this.#given.add(heard);
        return { ...found, heard };
      }
      if (performance.now() > endMs) throw this.#unmet(`${pattern.words} at ${this.name} within ${withinMs / 1000} s`);
    }
  }

  /** Has it heard any datagram that matches? */
  hasHeard(pattern: Pattern): boolean {
    return this.all(pattern).length > 0;
  }

  /** All that matched so far. */
  all<Found extends Message>(pattern: Pattern<Found>): (Found & { heard: Heard })[] {
    return this.#heard.flatMap((heard) => {
      const found = pattern.find(heard.bytes);
      return found === undefined ? [] : [{ ...found, heard }];
    });
  }

  /** Every datagram, messages or not. */
  get heard(): readonly Heard[] {
    return this.#heard;
  }

  /** Holds what came so far to so many that match. @throws Unmet */
  heardTimes(times: number, pattern: Pattern): void {
    const came = this.all(pattern).length;
    if (came === times) return;
    const count = times === 0 ? 'none' : times === 1 ? 'just one' : `just ${times}`;
    throw this.#unmet(`${count} of ${pattern.words} at ${this.name}`);
  }

  #unmet(expected: string): Unmet {
    const last = this.#heard.slice(-SHOWN_MAX).map(({ bytes }) => datagramWords(bytes));
    return new Unmet(expected, last.length === 0 ? 'nothing' : last.join('; '));
  }

  #receive(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    const from = endpointOf(parseIp(address)!, port);
    const isProgram = this.#program !== undefined && portOf(this.#program.endpoint) === port;
    const party = isProgram ? this.#program! : { name: this.#program?.name ?? 'program', endpoint: from };
    this.#exchange.add('udp', { ...party, endpoint: from }, this, bytes);
    if (this.#heard.length < HEARD_MAX) this.#heard.push({ bytes, from, atMs: this.#exchange.nowMs() });
  }
}
