/** A state machine small enough to be watched: lists by name, to which values are appended. So every read shows the order of all writes. */

import { type Entry, type Json, type Operation, type Position, START } from '../../../../store/entry';
import type { Reply, Restore, Snapshot, StateMachine } from '../../../../store/state-machine';

interface State {
  position: Position;
  lists: Map<string, number[]>;
  replies: Map<string, Reply>;
}

/** Called with every entry that is applied, before it is. */
export type Witness = (entry: Entry) => void;

export class ListMachine implements StateMachine {
  #state: State;
  readonly #witness: Witness;
  /** What outlives the process: the state as it was after the last so many batches. */
  #durable: State;
  readonly #batchesKept: number;
  #batches = 0;

  constructor(witness: Witness, batchesKept: number, durable: State = empty()) {
    this.#witness = witness;
    this.#batchesKept = batchesKept;
    this.#durable = durable;
    this.#state = copy(durable);
  }

  get durable(): State {
    return this.#durable;
  }

  get applied(): Position {
    return this.#state.position;
  }

  apply(entries: readonly Entry[]): Reply[] {
    const replies = entries.map((entry) => this.#applyOne(entry));
    if (++this.#batches % this.#batchesKept === 0) this.#durable = copy(this.#state);
    return replies;
  }

  #applyOne(entry: Entry): Reply {
    this.#witness(entry);
    const { index, epoch, timeUs, sum, op, request } = entry;
    if (index !== this.applied.index + 1) throw new Error(`entry ${index} applied behind ${this.applied.index}`);
    this.#state.position = { index, epoch, timeUs, sum };
    if (op[0] !== 'append') return ['ok', null];
    const name = op[1] as string;
    const list = this.#state.lists.get(name) ?? [];
    this.#state.lists.set(name, [...list, op[2] as number]);
    const reply: Reply = ['ok', list.length + 1];
    if (request !== undefined) this.#state.replies.set(request, reply);
    return reply;
  }

  read([, name]: Operation): Reply {
    return ['ok', this.#state.lists.get(name as string) ?? []];
  }

  firstReply(request: string): Reply | undefined {
    return this.#state.replies.get(request);
  }

  hash(): string {
    return textOf(this.#state).join();
  }

  snapshot(): Snapshot {
    const lines = textOf(this.#state);
    const { position } = this.#state;
    let at = 0;
    return {
      position,
      hash: lines.join(),
      next: () => (at < lines.length ? lines.slice(at, (at += 2)) : undefined),
      close: () => {},
    };
  }

  restore(position: Position): Restore {
    this.#state = empty();
    this.#durable = empty();
    const taken = empty();
    taken.position = position;
    const lines: string[] = [];
    return {
      add: (more) => void lines.push(...more),
      finish: (hash) => {
        if (lines.join() !== hash) throw new Error('it has another hash');
        for (const line of lines) takeLine(taken, JSON.parse(line));
        this.#state = taken;
        this.#durable = copy(taken);
      },
    };
  }
}

function takeLine(state: State, [kind, name, value]: [string, string, Json]): void {
  if (kind === 'list') state.lists.set(name, value as number[]);
  else state.replies.set(name, value as unknown as Reply);
}

function textOf({ lists, replies }: State): string[] {
  const lines = [...lists].map(([name, list]) => JSON.stringify(['list', name, list]));
  for (const [request, reply] of replies) lines.push(JSON.stringify(['reply', request, reply]));
  return lines.sort();
}

function empty(): State {
  return { position: START, lists: new Map(), replies: new Map() };
}

function copy({ position, lists, replies }: State): State {
  return { position, lists: new Map(lists), replies: new Map(replies) };
}
