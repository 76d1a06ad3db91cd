/**
 * Writes that came to a follower in a dialect whose clients do not look for the leader themselves: the leader does them, asked
 * over one connection between replicas (store specification, section 2). It is greeted with a third word; then each frame is
 * `[number, operation, request]`, and each reply `[number, answer]`.
 */

import type { Connection, ConnectionEvents } from '../shared/tcp/connection';
import type { Status } from '../shared/wire/documents';
import { encodeFrame, FrameDecoder, type FrameFormat } from '../shared/wire/frame';
import { decodeJson, encodeJson, type Json } from '../shared/wire/json';
import { WireError } from '../shared/wire/wire-error';
import type { Replica } from './dialects/replica';
import { checkOperation, isWrite } from './documents/operations';
import type { Operation } from './entry';
import { FORWARD, type Greeted, greet } from './greeting';
import type { Answer } from './replication/outbox';

/** Room for an operation of the greatest size. */
const FORWARD_FRAMES: FrameFormat = { lengthBytes: 4, payloadMax: 4 * 1024 * 1024 };

/** A replica whose writes are done wherever the leader is. */
export class Forwarding implements Replica {
  readonly #replica: Replica;
  readonly #waitMs: number;
  #leader: string | undefined;
  #line: Promise<Line> | undefined;
  #closed = false;

  /** @param waitMs within this time a leader answers, if it ever does */
  constructor(replica: Replica, waitMs: number) {
    this.#replica = replica;
    this.#waitMs = waitMs;
  }

  read(operation: Operation, atLeast: number): Promise<Answer> {
    return this.#replica.read(operation, atLeast);
  }

  status(): Status {
    return this.#replica.status();
  }

  async write(operation: Operation, request: string | undefined): Promise<Answer> {
    const answer = await this.#replica.write(operation, request);
    if (answer.kind !== 'not-leader' || answer.leader === undefined || this.#closed) return answer;
    try {
      const line = await this.#lineTo(answer.leader);
      return await line.ask(operation, request);
    } catch {
      // Nothing was sent: nobody is there.
      return { kind: 'not-leader', leader: undefined };
    }
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #lineTo(leader: string): Promise<Line> {
    if (this.#line && leader === this.#leader) return this.#line;
    this.#drop();
    this.#leader = leader;
    const line = greet(leader, FORWARD).then(
      (greeted) => new Line(greeted, this.#waitMs, () => this.#forget(line)),
      (error) => {
        this.#forget(line);
        throw error;
      },
    );
    this.#line = line;
    return line;
  }

  /** The next write dials anew. */
  #forget(line: Promise<Line>): void {
    if (this.#line === line) this.#line = undefined;
  }

  #drop(): void {
    this.#line?.then(
      (line) => line.close(),
      () => {},
    );
    this.#line = undefined;
  }
}

/** The follower's end. */
class Line implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #waitMs: number;
  readonly #gone: () => void;
  readonly #decoder = new FrameDecoder(FORWARD_FRAMES);
  /** Bounded by what the dialect serves at once. */
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastNumber = 0;

  constructor({ connection, rest }: Greeted, waitMs: number, gone: () => void) {
    this.#connection = connection;
    this.#waitMs = waitMs;
    this.#gone = gone;
    connection.events = this;
    this.#decoder.push(rest);
  }

  ask(operation: Operation, request: string | undefined): Promise<Answer> {
    const number = ++this.#lastNumber;
    return new Promise((resolve) => {
      if (this.#waiting.size === 0) this.#connection.closeAfter(this.#waitMs);
      this.#waiting.set(number, resolve);
      this.#connection.send(encodeFrame(encodeJson([number, operation, request ?? null]), FORWARD_FRAMES));
    });
  }

  close(): void {
    this.#connection.destroy();
  }

  received(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    try {
      for (let frame = this.#decoder.next(); frame; frame = this.#decoder.next()) {
        const [number, answer] = decodeJson(frame) as unknown as [number, Answer];
        this.#waiting.get(number)?.(answer);
        this.#waiting.delete(number);
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return this.#connection.destroy();
    }
    this.#connection.closeAfter(this.#waiting.size > 0 ? this.#waitMs : undefined);
  }

  drained(): void {}

  ended(): void {
    this.#connection.destroy();
  }

  closed(): void {
    this.#gone();
    const reason = 'the connection to the leader was lost';
    for (const answer of this.#waiting.values()) answer({ kind: 'unknown', reason, leader: undefined });
    this.#waiting.clear();
  }
}

/** The leader's end: does what comes, and answers in whatever order it is done. Never forwards itself. */
export class ForwardedWrites implements ConnectionEvents {
  readonly #connection: Connection;
  readonly #replica: Replica;
  readonly #decoder = new FrameDecoder(FORWARD_FRAMES);

  constructor(connection: Connection, replica: Replica, rest: Uint8Array) {
    this.#connection = connection;
    this.#replica = replica;
    connection.events = this;
    this.received(rest);
  }

  received(bytes: Uint8Array): void {
    this.#decoder.push(bytes);
    try {
      for (let frame = this.#decoder.next(); frame; frame = this.#decoder.next()) void this.#do(decodeJson(frame));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#connection.destroy();
    }
  }

  drained(): void {}

  ended(): void {
    this.#connection.end();
  }

  closed(): void {}

  async #do(message: Json): Promise<void> {
    const [number, operation, request] = Array.isArray(message) ? (message as Json[]) : [];
    const isFormed = typeof number === 'number' && Array.isArray(operation) && typeof operation[0] === 'string';
    if (!isFormed || !(request === null || typeof request === 'string')) return this.#connection.destroy();
    const answer = await this.#answer(operation as unknown as Operation, request ?? undefined);
    this.#connection.send(encodeFrame(encodeJson([number, answer as unknown as Json]), FORWARD_FRAMES));
  }

  async #answer(operation: Operation, request: string | undefined): Promise<Answer> {
    const reason = isWrite(operation) ? checkOperation(operation) : 'expected a write';
    return reason === undefined ? this.#replica.write(operation, request) : { kind: 'refused', reason };
  }
}
