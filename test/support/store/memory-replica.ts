/** A replica without replication or disk, for what speaks to one: the real documents, in memory. */

import type { Status } from '../../../shared/wire/documents';
import type { Replica } from '../../../store/dialects/replica';
import { Documents } from '../../../store/documents/documents';
import { MemoryEngine } from '../../../store/documents/memory-engine';
import { type Entry, makeEntry, type Operation, START } from '../../../store/entry';
import type { Answer } from '../../../store/replication/outbox';
import { answerOf } from './answer';

export class MemoryReplica implements Replica {
  readonly machine = new Documents(new MemoryEngine());
  /** What was asked, writes with their identity. */
  readonly asked: { operation: Operation; request: string | undefined; atLeast?: number }[] = [];
  /** Answers that take the place of the next ones. */
  readonly answers: Answer[] = [];
  /** Answers wait for this. */
  gate: Promise<void> = Promise.resolve();
  members: string[] = [];
  #last: Entry | undefined;

  async write(operation: Operation, request: string | undefined): Promise<Answer> {
    this.asked.push({ operation, request });
    await this.gate;
    return this.answers.shift() ?? this.applied(operation, request);
  }

  async read(operation: Operation, atLeast: number): Promise<Answer> {
    this.asked.push({ operation, request: undefined, atLeast });
    await this.gate;
    const { machine } = this;
    return (
      this.answers.shift() ?? { kind: 'reply', reply: answerOf(machine.read(operation)), index: machine.applied.index }
    );
  }

  /** Does what an entry of the log would do. */
  applied(operation: Operation, request?: string): Answer {
    this.#last = makeEntry(this.#last ?? START, 1, 0, operation, request);
    const [reply] = this.machine.apply([this.#last]);
    return { kind: 'reply', reply: reply!, index: this.#last.index };
  }

  status(): Status {
    const { members } = this;
    const leader = members[0] ?? null;
    return { role: 'leader', epoch: 1, leader, members, inSync: members, position: 0, lag: 0, version: '0' };
  }
}
