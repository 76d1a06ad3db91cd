/**
 * The lines of the key-value dialect for what replicas of one store do for each other (key-value specification, section 3): a PUT
 * that another replica hands on to the leader, and a write that has come to a follower.
 */

import type { Status } from '../../../shared/wire/documents';
import type { Entry, Operation } from '../../entry';
import type { Answer } from '../../replication/outbox';
import type { Reply } from '../../state-machine';
import type { Replica } from '../replica';
import { type Print, putLine, putOkLine, replicationLine } from './lines';
import { putIn, timestampOf } from './pairs';

/** A leader as a follower asks it: its PUTs are printed as a client's. */
export class PrintedPuts implements Replica {
  readonly #replica: Replica;
  readonly #client: string;
  readonly #print: Print;

  /** @param client the follower's end of the connection, `ip:port` */
  constructor(replica: Replica, client: string, print: Print) {
    this.#replica = replica;
    this.#client = client;
    this.#print = print;
  }

  read(operation: Operation, atLeast: number): Promise<Answer> {
    return this.#replica.read(operation, atLeast);
  }

  status(): Status {
    return this.#replica.status();
  }

  async write(operation: Operation, request: string | undefined): Promise<Answer> {
    const put = putIn(operation);
    if (put) this.#print(putLine(this.#client, put.key, put.value));
    const answer = await this.#replica.write(operation, request);
    if (put && answer.kind === 'reply' && answer.reply[0] === 'ok') {
      this.#print(putOkLine(this.#client, put.key, timestampOf(answer.reply[1])));
    }
    return answer;
  }
}

/** The line for an entry that a follower has applied; undefined when it puts no pair. */
export function appliedLine({ op }: Entry, [word, result]: Reply): string | undefined {
  const put = putIn(op);
  return put && word === 'ok' ? replicationLine(put.key, put.value, timestampOf(result)) : undefined;
}
