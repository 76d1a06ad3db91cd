/** A TCP connection of ours to the program: says bytes, in pieces where a case wants that, and collects what comes back. */

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointOf, formatIp, ipOf, parseIp, portOf } from '../shared/endpoint';
import type { Party } from './exchange';
import type { Ground } from './ground';
import { Unmet } from './unmet';

/** Who sends more is not listened to any further. */
const CAME_MAX = 8 << 20;
/** How often is looked for what is awaited, milliseconds. */
const LOOK_MS = 3;

export class Stream implements Party {
  readonly name: string;
  readonly endpoint: number;
  readonly #socket: Socket;
  readonly #ground: Ground;
  readonly #program: Party;
  #came: Buffer = Buffer.alloc(0);
  #hasEnded = false;

  private constructor(name: string, socket: Socket, ground: Ground, program: Party) {
    this.name = name;
    this.endpoint = endpointOf(parseIp('127.0.0.1')!, socket.localPort ?? 0);
    this.#socket = socket;
    this.#ground = ground;
    this.#program = program;
    socket.on('data', (bytes) => this.#receive(bytes));
    for (const end of ['end', 'close', 'error'] as const) socket.on(end, () => (this.#hasEnded = true));
    ground.whenEnded(() => void socket.destroy());
  }

  /** Connects. @throws Unmet when the program does not take the connection */
  static async open(name: string, ground: Ground, program: Party): Promise<Stream> {
    const socket = connect({ port: portOf(program.endpoint), host: formatIp(ipOf(program.endpoint)), noDelay: true });
    const isOpen = await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true)).once('error', () => done(false));
    });
    if (!isOpen) throw new Unmet('a connection to be taken', 'its refusal');
    return new Stream(name, socket, ground, program);
  }

  /** Says bytes, in one piece. */
  says(bytes: Uint8Array): void {
    this.#ground.exchange.add('tcp', this, this.#program, bytes);
    this.#socket.write(bytes);
  }

  /** Says that nothing more comes. */
  endsSaying(): void {
    this.#socket.end();
  }

  /** Awaits a message that `take` finds at the beginning of what came; it is taken away. @throws Unmet */
  async hears<Message>(
    words: string,
    take: (came: Buffer, hasEnded: boolean) => { message: Message; length: number } | undefined,
    withinMs = this.#ground.terms.patienceMs,
  ): Promise<Message> {
    for (const endMs = performance.now() + withinMs; ; await sleep(LOOK_MS)) {
      const taken = take(this.#came, this.#hasEnded);
      if (taken !== undefined) {
        this.#came = this.#came.subarray(taken.length);
        return taken.message;
      }
      if (this.#hasEnded || performance.now() > endMs) {
        const text = JSON.stringify(this.#came.subarray(0, 200).toString('latin1'));
        throw new Unmet(words, this.#hasEnded ? `the connection's end behind ${text}` : text);
      }
    }
  }

  /** All that comes until the program closes the connection. @throws Unmet when it does not */
  async hearsAll(withinMs = this.#ground.terms.patienceMs): Promise<Buffer> {
    await this.closes(withinMs);
    return this.#came;
  }

  /** Goes away at once, whatever the program still says. */
  hangsUp(): void {
    this.#socket.resetAndDestroy();
  }

  /** Awaits the program's closing of the connection. @throws Unmet */
  async closes(withinMs = this.#ground.terms.patienceMs): Promise<void> {
    for (const endMs = performance.now() + withinMs; !this.#hasEnded; await sleep(LOOK_MS)) {
      if (performance.now() > endMs) throw new Unmet('the connection to be closed', 'nothing');
    }
  }

  #receive(bytes: Buffer): void {
    this.#ground.exchange.add('tcp', this.#program, this, bytes);
    if (this.#came.length < CAME_MAX) this.#came = Buffer.concat([this.#came, bytes]);
  }
}
