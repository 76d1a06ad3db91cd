/** A state machine small enough to be watched: lists by name, to which values are appended. So every read shows the order of all writes. */

import { type Entry, type Json, type Operation, type Position, START } from '../../../../store/entry';
import type { Reply, Restore, Snapshot } from '../../../../store/state-machine';
import type { Witness, WorldMachine } from './machine';

interface State {
  position: Position;
  /** Lists are never changed, but replaced. */
  lists: Map<string, readonly number[]>;
  /** Shared with the state that outlives the process, where those of later entries do not count. */
  replies: Map<string, { reply: Reply; index: number }>;
  /** Changes with every entry. */
  digest: number;
}

export class ListMachine implements WorldMachine {
  #state: State;
  readonly #witness: Witness;
  /** What outlives the process: the state as it was after the last so many batches. */
  #durable: State;
  readonly #batchesKept: number;
  #batches = 0;
  #goesWrong = false;
  isWrong = false;
  isFull = false;

  constructor(witness: Witness, batchesKept: number, given?: unknown) {
    const durable = (given as State | undefined) ?? empty();
    this.#witness = witness;
    this.#batchesKept = batchesKept;
    const replies = [...durable.replies].filter(([, { index }]) => index <= durable.position.index);
    this.#durable = { ...durable, replies: new Map(replies) };
    this.#state = copy(this.#durable);
  }

  get durable(): State {
    return this.#durable;
  }

  get durableIndex(): number {
    return this.#durable.position.index;
  }

  get applied(): Position {
    return this.#state.position;
  }

  goWrong(): void {
    this.#goesWrong = true;
  }

  ready(entries: readonly Entry[]): number {
    return entries.length;
  }

  apply(entries: readonly Entry[]): Reply[] {
    const replies = entries.map((entry) => this.#applyOne(entry));
    if (++this.#batches % this.#batchesKept === 0) this.#durable = copy(this.#state);
    return replies;
  }

  #applyOne(entry: Entry): Reply {
    this.#witness(entry);
    const { index, epoch, timeUs, sum, request } = entry;
    const op = this.#meant(entry.op);
    if (index !== this.applied.index + 1) throw new Error(`entry ${index} applied behind ${this.applied.index}`);
    this.#state.position = { index, epoch, timeUs, sum };
    this.#state.digest = (Math.imul(this.#state.digest, 31) + (op[0] === 'append' ? (op[2] as number) : index)) | 0;
    if (op[0] !== 'append') return ['ok', null];
    const name = op[1] as string;
    const list = this.#state.lists.get(name) ?? [];
    this.#state.lists.set(name, [...list, op[2] as number]);
    const reply: Reply = ['ok', list.length + 1];
    if (request !== undefined) this.#state.replies.set(request, { reply, index });
    return reply;
  }

  #meant(op: Operation): Operation {
    if (!this.#goesWrong || op[0] !== 'append') return op;
    this.#goesWrong = false;
    this.isWrong = true;
    return ['append', op[1]!, (op[2] as number) + 1e6];
  }

  read([, name]: Operation): Reply {
    return ['ok', this.#state.lists.get(name as string) ?? []];
  }

  firstReply(request: string): Reply | undefined {
    return this.#state.replies.get(request)?.reply;
  }

  hash(): string {
    return String(this.#state.digest);
  }

  /** All that is in it, to be compared. */
  get text(): string {
    return textOf(this.#state).join();
  }

  snapshot(): Snapshot {
    const lines = textOf(this.#state);
    let at = 0;
    return {
      position: this.#state.position,
      hash: this.hash(),
      next: () => (at < lines.length ? lines.slice(at, (at += 2)) : undefined),
      close: () => {},
    };
  }

  restore(position: Position): Restore {
    this.#state = empty();
    this.#durable = empty();
    const taken = { ...empty(), position };
    return {
      add: (lines) => {
        for (const line of lines) takeLine(taken, JSON.parse(line));
      },
      finish: (hash) => {
        if (String(taken.digest) !== hash) throw new Error('it has another hash');
        this.#state = taken;
      },
    };
  }

  flush(): Promise<Position> {
    this.#durable = copy(this.#state);
    return Promise.resolve(this.#durable.position);
  }

  async room(): Promise<void> {}
}

function takeLine(state: State, [kind, name, value]: [string, string, Json]): void {
  if (kind === 'list') state.lists.set(name, value as number[]);
  else if (kind === 'digest') state.digest = value as number;
  else state.replies.set(name, { reply: value as unknown as Reply, index: state.position.index });
}

function textOf({ lists, replies, digest }: State): string[] {
  const lines = [...lists].map(([name, list]) => JSON.stringify(['list', name, list]));
  for (const [request, { reply }] of replies) lines.push(JSON.stringify(['reply', request, reply]));
  lines.push(JSON.stringify(['digest', '', digest]));
  return lines.sort();
}

function empty(): State {
  return { position: START, lists: new Map(), replies: new Map(), digest: 0 };
}

function copy(state: State): State {
  return { ...state, lists: new Map(state.lists) };
}
