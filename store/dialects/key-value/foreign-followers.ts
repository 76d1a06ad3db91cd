/**
 * A leader's writes sent to foreign servers too (key-value specification, section 2): a PUT is confirmed once each of them has
 * said REPLICATION_OK. For one key they are sent one after the other, since existing servers store what comes last.
 */

import type { Exchange } from '../../../shared/tcp/key-value-exchange';
import type { Status } from '../../../shared/wire/documents';
import type { KeyValueMessage } from '../../../shared/wire/key-value';
import type { Operation } from '../../entry';
import type { Answer } from '../../replication/outbox';
import type { Replica } from '../replica';
import { putIn, timestampOf } from './pairs';

/** Within this time a foreign server has said REPLICATION_OK, milliseconds: existing ones take 30 s. */
export const REPLICATION_MS = 60_000;

/** Asks a server; never rejects. */
export type Ask = (server: string, message: KeyValueMessage, limitMs: number) => Promise<Exchange>;

/** A replica whose PUTs, while it leads, go to foreign servers too. */
export class ForeignFollowers implements Replica {
  readonly #replica: Replica;
  readonly #servers: readonly string[];
  readonly #ask: Ask;
  /** What was sent last of each key that is being sent. Bounded by the writes under way. */
  readonly #sending = new Map<string, Promise<unknown>>();

  /** @param servers `host:port` of each */
  constructor(replica: Replica, servers: readonly string[], ask: Ask) {
    this.#replica = replica;
    this.#servers = servers;
    this.#ask = ask;
  }

  read(operation: Operation, atLeast: number): Promise<Answer> {
    return this.#replica.read(operation, atLeast);
  }

  status(): Status {
    return this.#replica.status();
  }

  async write(operation: Operation, request: string | undefined): Promise<Answer> {
    const answer = await this.#replica.write(operation, request);
    const put = putIn(operation);
    if (!put || answer.kind !== 'reply' || answer.reply[0] === 'ko') return answer;
    const { key, value } = put;
    const timestamp = timestampOf(answer.reply[1]);
    const message = { method: 'REPLICATION', value: [value, timestamp], key, timestamp };
    const reason = await this.#inTurn(key, () => this.#replicate(message));
    return reason === undefined ? answer : { kind: 'unknown', reason, leader: undefined };
  }

  /** Behind what was sent of the key before. */
  async #inTurn<Result>(key: string, send: () => Promise<Result>): Promise<Result> {
    const before = this.#sending.get(key) ?? Promise.resolve();
    const sent = before.then(send);
    this.#sending.set(key, sent);
    try {
      return await sent;
    } finally {
      if (this.#sending.get(key) === sent) this.#sending.delete(key);
    }
  }

  /** Undefined when all have confirmed it, else who has not. */
  async #replicate(message: KeyValueMessage): Promise<string | undefined> {
    const reasons = await Promise.all(this.#servers.map((server) => this.#one(server, message)));
    return reasons.find((reason) => reason !== undefined);
  }

  async #one(server: string, message: KeyValueMessage): Promise<string | undefined> {
    const answer = await this.#ask(server, message, REPLICATION_MS);
    if (answer.kind !== 'reply') return `${server} has not taken the REPLICATION: ${answer.reason}`;
    const { method } = answer.reply;
    return method === 'REPLICATION_OK' ? undefined : `${server} answers the REPLICATION by ${JSON.stringify(method)}`;
  }
}
