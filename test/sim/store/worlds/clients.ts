/** Clients of a simulated store: each asks one thing after the other, follows the leader, and notes what it asked and was told. */

import type { Operation as Log } from '../../../../store/entry';
import type { Operation } from '../../../support/linearizability';
import { Asker, type AskerOptions } from './asker';
import type { Told } from './place';
import { demand, type Tally } from './states';
import type { Asked, Input, Meant, Subject } from './subject';

/** One thing that was asked, and the place in a log at which it was answered. */
export interface Deed extends Operation<Input, string> {
  at: Told['at'] | undefined;
}

export interface ClientOptions extends AskerOptions {
  tally: Tally;
  subject: Subject;
  /** To be done before anything else. */
  first: Log | undefined;
  thinkMs: number;
  /** What was asked of each object, and what was told: the leader's word alone. */
  history: Map<string, Deed[]>;
  /** Somebody has answered a question, whoever it is. */
  wasRead(meant: Meant, output: string, told: Told): void;
  nextValue(): number;
}

/** How long an operation is tried again, milliseconds. */
const PATIENCE_MS = 5000;

export class Client {
  readonly #options: ClientOptions;
  readonly #asker: Asker;
  #stopped = false;
  #hasBegun: boolean;
  /** The index of its last write: what it reads from a follower must have it. */
  #index = 0;
  /** Writes that were answered. */
  confirmed = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#asker = new Asker(options);
    this.#hasBegun = options.first === undefined;
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
    const { nextValue, random, subject, timeline } = this.#options;
    if (!this.#hasBegun) return this.#begin();
    const kind = random.below(10);
    if (kind < 5) this.#write(nextValue());
    else if (kind < 8) this.#readAtLeader(subject.drawRead(random), timeline.nowMs);
    else this.#readAnywhere(subject.drawRead(random));
  }

  #begin(): void {
    const asked = { operation: this.#options.first!, request: undefined, atLeast: 0, kind: 'write' as const };
    this.#asker.send(this.#asker.leader, asked, (answer) => {
      this.#hasBegun = answer?.kind === 'reply';
      if (!this.#hasBegun) this.#asker.follow(answer);
      this.#think();
    });
  }

  #write(value: number): void {
    const { random, subject, timeline } = this.#options;
    const { object, input, operation } = subject.drawWrite(random, value);
    const deed: Deed = {
      input,
      output: undefined,
      callMs: timeline.nowMs,
      returnMs: Number.POSITIVE_INFINITY,
      at: undefined,
    };
    this.#historyOf(object).push(deed);
    const request = random.chance(70) ? `request-${value}` : undefined;
    this.#tryWrite(deed, operation, request, 0);
  }

  #tryWrite(deed: Deed, operation: Log, request: string | undefined, attempt: number): void {
    const { random, subject, tally, timeline } = this.#options;
    const isLate = timeline.nowMs - deed.callMs > PATIENCE_MS;
    if (isLate || this.#stopped) return this.#think();
    const asked = { operation, request, atLeast: 0, kind: 'write' as const };
    const place = this.#asker.leader;
    const isDouble = request !== undefined && random.chance(10);
    if (isDouble) {
      tally.met('a write waited for its first request to be done');
      this.#asker.send(place, asked, () => {});
    }
    this.#asker.send(place, asked, (answer, told) => {
      if (answer?.kind === 'reply') {
        deed.output = subject.told(deed.input, answer.reply);
        deed.returnMs = timeline.nowMs;
        deed.at = told!.at;
        this.#index = answer.index;
        this.confirmed++;
        if (attempt > 0 && request !== undefined) tally.met('a request was done once though it was asked twice');
        return this.#think();
      }
      // Without an identity only what was surely not done is asked again.
      const isSure = answer?.kind === 'not-leader' || answer?.kind === 'refused';
      if (!isSure && request === undefined) return this.#think();
      this.#asker.follow(answer);
      this.#asker.again(() => this.#tryWrite(deed, operation, request, attempt + 1));
    });
  }

  #readAtLeader(read: Asked, sinceMs: number): void {
    const { places, random, timeline } = this.#options;
    const callMs = timeline.nowMs;
    if (callMs - sinceMs > PATIENCE_MS || this.#stopped) return this.#think();
    const asked = { operation: read.operation, request: undefined, atLeast: 0, kind: 'read' as const };
    // Who has heard of no takeover goes on asking an old leader.
    const place = random.chance(40) ? places[random.below(places.length)]! : this.#asker.leader;
    this.#asker.send(place, asked, (answer, told) => {
      if (answer?.kind === 'reply') {
        const output = this.#options.subject.told(read.input, answer.reply);
        const deed = { input: read.input, output, callMs, returnMs: timeline.nowMs, at: told!.at };
        if (told!.led) this.#historyOf(read.object).push(deed);
        this.#options.wasRead(read, output, told!);
        return this.#think();
      }
      this.#asker.follow(answer);
      this.#asker.again(() => this.#readAtLeader(read, sinceMs));
    });
  }

  #readAnywhere(read: Asked): void {
    const { random, tally } = this.#options;
    const place = this.#asker.anybody();
    const atLeast = random.chance(50) ? this.#index : 0;
    const asked = { operation: read.operation, request: undefined, atLeast, kind: 'read' as const };
    this.#asker.send(place, asked, (answer, told) => {
      if (answer?.kind === 'reply') {
        demand(answer.index >= atLeast, 'a read waits for the position that it names');
        if (answer.index < this.#index) tally.met('a follower answered an old state');
        this.#options.wasRead(read, this.#options.subject.told(read.input, answer.reply), told!);
      }
      this.#think();
    });
  }

  #historyOf(object: string): Deed[] {
    const { history } = this.#options;
    let deeds = history.get(object);
    if (!deeds) history.set(object, (deeds = []));
    return deeds;
  }
}
