/** Clients of a simulated store: each asks one thing after the other, follows the leader, and notes what it asked and was told. */

import type { Random } from '../../../../simulator/random';
import type { Timeline } from '../../../../simulator/timeline';
import type { Answer } from '../../../../store/replication/outbox';
import type { Operation } from '../../../support/linearizability';
import type { Place } from './place';
import { demand, type Tally } from './states';

export type Input = { kind: 'append'; value: number } | { kind: 'read' };
/** The length after an append, or the list read. */
export type Output = number | readonly number[];

/** A list, as a sequential object. */
export const LIST = {
  initial: [] as readonly number[],
  step(list: readonly number[], input: Input, output: Output | undefined): readonly number[] | undefined {
    if (input.kind === 'append')
      return output === undefined || output === list.length + 1 ? [...list, input.value] : undefined;
    return (output as readonly number[]).join() === list.join() ? list : undefined;
  },
  key: (list: readonly number[]): string => list.join(),
};

export interface ClientOptions {
  timeline: Timeline;
  random: Random;
  tally: Tally;
  places: readonly Place[];
  lists: number;
  thinkMs: number;
  /** A follower, or a leader that is perhaps none, has answered with the state at an index. */
  prefixRead(list: string, index: number, values: readonly number[], placed: Place): void;
  nextValue(): number;
}

/** How long an operation is tried again, milliseconds. */
const PATIENCE_MS = 5000;
/** How long one attempt may go unanswered. */
const ATTEMPT_MS = 1800;

export class Client {
  readonly history: Map<string, Operation<Input, Output>[]>;
  readonly #options: ClientOptions;
  #leader: number;
  #stopped = false;
  /** The index of its last write: what it reads from a follower must have it. */
  #index = 0;
  /** Writes that were answered. */
  confirmed = 0;

  constructor(options: ClientOptions, history: Map<string, Operation<Input, Output>[]>) {
    this.#options = options;
    this.history = history;
    this.#leader = options.random.below(options.places.length);
    this.#think();
  }

  stop(): void {
    this.#stopped = true;
  }

  #think(): void {
    if (this.#stopped) return;
    const { random, timeline, thinkMs } = this.#options;
    timeline.after(1 + random.unit() * 2 * thinkMs, () => this.#ask());
  }

  #ask(): void {
    const { random, lists } = this.#options;
    const list = `list ${random.below(lists)}`;
    const kind = random.below(10);
    if (kind < 5) this.append(list);
    else if (kind < 8) this.#readAtLeader(list, this.#options.timeline.nowMs);
    else this.#readAnywhere(list);
  }

  append(list: string): void {
    const { random, timeline, nextValue } = this.#options;
    const value = nextValue();
    const operation: Operation<Input, Output> = {
      input: { kind: 'append', value },
      output: undefined,
      callMs: timeline.nowMs,
      returnMs: Number.POSITIVE_INFINITY,
    };
    this.#historyOf(list).push(operation);
    const request = random.chance(70) ? `request-${value}` : undefined;
    this.#tryAppend(list, operation, request, 0);
  }

  #tryAppend(list: string, operation: Operation<Input, Output>, request: string | undefined, attempt: number): void {
    const { random, tally, timeline } = this.#options;
    const { value } = operation.input as { value: number };
    const isLate = timeline.nowMs - operation.callMs > PATIENCE_MS;
    if (isLate || this.#stopped) return this.#think();
    const asked = { operation: ['append', list, value] as const, request, atLeast: 0, isRead: false };
    const place = this.#options.places[this.#leader]!;
    const isDouble = request !== undefined && random.chance(10);
    if (isDouble) {
      tally.met('a write waited for its first request to be done');
      this.#send(place, asked, () => {});
    }
    this.#send(place, asked, (answer) => {
      if (answer?.kind === 'reply') {
        demand(answer.reply[0] === 'ok', 'an append is never a ko');
        operation.output = answer.reply[1] as number;
        operation.returnMs = timeline.nowMs;
        this.#index = answer.index;
        this.confirmed++;
        if (attempt > 0 && request !== undefined) tally.met('a request was done once though it was asked twice');
        return this.#think();
      }
      // Without an identity only what was surely not done is asked again.
      const isSure = answer?.kind === 'not-leader' || answer?.kind === 'refused';
      if (!isSure && request === undefined) return this.#think();
      this.#follow(answer);
      timeline.after(20 + random.below(80), () => this.#tryAppend(list, operation, request, attempt + 1));
    });
  }

  #readAtLeader(list: string, sinceMs: number): void {
    const { random, timeline } = this.#options;
    const callMs = timeline.nowMs;
    if (callMs - sinceMs > PATIENCE_MS || this.#stopped) return this.#think();
    const asked = { operation: ['read', list] as const, request: undefined, atLeast: 0, isRead: true };
    // Who has heard of no takeover goes on asking an old leader.
    const { places } = this.#options;
    const place = places[random.chance(40) ? random.below(places.length) : this.#leader]!;
    this.#send(place, asked, (answer, led) => {
      if (answer?.kind === 'reply') {
        const values = answer.reply[1] as readonly number[];
        const operation = { input: { kind: 'read' as const }, output: values, callMs, returnMs: timeline.nowMs };
        if (led) this.#historyOf(list).push(operation);
        this.#options.prefixRead(list, answer.index, values, place);
        return this.#think();
      }
      this.#follow(answer);
      timeline.after(20 + random.below(80), () => this.#readAtLeader(list, sinceMs));
    });
  }

  #readAnywhere(list: string): void {
    const { random, places, tally } = this.#options;
    this.#leader = random.below(places.length);
    const place = places[this.#leader]!;
    const atLeast = random.chance(50) ? this.#index : 0;
    const asked = { operation: ['read', list] as const, request: undefined, atLeast, isRead: true };
    this.#send(place, asked, (answer) => {
      if (answer?.kind === 'reply') {
        demand(answer.index >= atLeast, 'a read waits for the position that it names');
        if (answer.index < this.#index) tally.met('a follower answered an old state');
        this.#options.prefixRead(list, answer.index, answer.reply[1] as readonly number[], place);
      }
      this.#think();
    });
  }

  /** One attempt: `done` is called once, with undefined when no answer came. */
  #send(
    place: Place,
    asked: Omit<Parameters<NonNullable<Place['process']>['ask']>[0], 'done'>,
    done: (answer: Answer | undefined, led: boolean) => void,
  ): void {
    const { random, timeline } = this.#options;
    let isOver = false;
    const over = (answer: Answer | undefined, led: boolean): void => {
      if (isOver) return;
      isOver = true;
      done(answer, led);
    };
    const delayMs = (): number => 1 + random.unit() * 4;
    timeline.after(delayMs(), () => {
      const back = (answer: Answer | undefined, led: boolean): void =>
        timeline.after(delayMs(), () => over(answer, led));
      if (place.process) place.process.ask({ ...asked, done: back });
      else back({ kind: 'not-leader', leader: undefined }, false);
    });
    timeline.after(ATTEMPT_MS, () => over(undefined, false));
  }

  #follow(answer: Answer | undefined): void {
    const { random, places } = this.#options;
    const leader = answer && 'leader' in answer ? answer.leader : undefined;
    const at = places.findIndex(({ address }) => address === leader);
    this.#leader = at >= 0 ? at : random.below(places.length);
  }

  #historyOf(list: string): Operation<Input, Output>[] {
    let operations = this.history.get(list);
    if (!operations) this.history.set(list, (operations = []));
    return operations;
  }
}
