/** A replica without replication or disk, for what speaks to one: documents in a Map, and only the simplest of queries. */

import type { Status } from '../../../shared/wire/documents';
import type { Json } from '../../../shared/wire/json';
import type { Replica } from '../../../store/dialects/replica';
import type { Operation } from '../../../store/entry';
import type { Answer } from '../../../store/replication/outbox';

type Row = Record<string, Json>;

export class MemoryReplica implements Replica {
  readonly collections = new Map<string, { schema: Row; rows: Map<string, Row> }>();
  /** What was asked, writes with their identity. */
  readonly asked: { operation: Operation; request: string | undefined; atLeast?: number }[] = [];
  /** Answers that take the place of the next ones. */
  readonly answers: Answer[] = [];
  /** Answers wait for this. */
  gate: Promise<void> = Promise.resolve();
  members: string[] = [];
  readonly #replies = new Map<string, Json>();

  async write(operation: Operation, request: string | undefined): Promise<Answer> {
    this.asked.push({ operation, request });
    await this.gate;
    const answer = this.answers.shift();
    if (answer) return answer;
    const known = request === undefined ? undefined : this.#replies.get(request);
    const result = known ?? this.#do(operation);
    if (request !== undefined) this.#replies.set(request, result);
    return { kind: 'reply', reply: ['ok', result], index: this.asked.length };
  }

  async read(operation: Operation, atLeast: number): Promise<Answer> {
    this.asked.push({ operation, request: undefined, atLeast });
    await this.gate;
    return this.answers.shift() ?? { kind: 'reply', reply: ['ok', this.#do(operation)], index: this.asked.length };
  }

  status(): Status {
    const { members } = this;
    return {
      role: 'leader',
      epoch: 1,
      leader: members[0] ?? null,
      members,
      inSync: members,
      position: 0,
      lag: 0,
      version: '0',
    };
  }

  #do([name, collection, first, second]: Operation): Json {
    if (name === 'create') this.collections.set(collection as string, { schema: first as Row, rows: new Map() });
    if (name === 'create') return null;
    if (name === 'destroy') this.collections.delete(collection as string);
    if (name === 'destroy') return null;
    if (name === 'describe') return this.#describe(collection as string | undefined);
    const { rows } = this.collections.get(collection as string)!;
    if (name === 'insert') {
      rows.set((first as Row)['_id'] as string, first as Row);
      return (first as Row)['_id']!;
    }
    const found = [...rows.values()]
      .filter((row) => meets(row, first as Row))
      .sort((a, b) => ((a['_id'] as string) < (b['_id'] as string) ? -1 : 1));
    if (name === 'search') return page(found, second as { limit?: number; after?: string; bytes: number });
    for (const row of found) {
      if (name === 'delete') rows.delete(row['_id'] as string);
      else Object.assign(row, second);
    }
    return found.length;
  }

  #describe(only: string | undefined): Json {
    const named = [...this.collections].filter(([name]) => only === undefined || name === only);
    return Object.fromEntries(named.map(([name, { schema, rows }]) => [name, { schema, documents: rows.size }]));
  }
}

const HOLDS: Record<string, (a: never, b: never) => boolean> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
};

function meets(row: Row, query: Row): boolean {
  return Object.entries(query).every(([name, condition]) => {
    const comparisons = typeof condition === 'object' ? (condition as Row) : { '=': condition };
    return Object.entries(comparisons).every(([how, value]) => HOLDS[how]!(row[name] as never, value as never));
  });
}

function page(
  found: Row[],
  { limit = found.length, after = '', bytes }: { limit?: number; after?: string; bytes: number },
): Row[] {
  const behind = found.filter((row) => (row['_id'] as string) > after).slice(0, limit);
  const end = behind.findIndex((_, i) => JSON.stringify(behind.slice(0, i + 1)).length > bytes);
  return end < 0 ? behind : behind.slice(0, end + 1);
}
