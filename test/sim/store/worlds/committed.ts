/**
 * What is committed, as the first replica applied it, and what is told of it. There is one log; a takeover that an operator forces
 * begins another behind what its leader has, and the old one may go on for whoever has not heard of that.
 */

import type { Entry, Json } from '../../../../store/entry';
import type { Deed } from './clients';
import type { Told } from './place';
import { demand } from './states';
import type { Subject } from './subject';

/** By index; the first is 1. */
type Log = Entry[];

export class Committed {
  /** The one that counts now. */
  #log: Log = [];
  /** The one before the forced epoch. */
  #old: { log: Log; untilEpoch: number } | undefined;

  /** The committed entry at an index, if any replica has applied it. */
  at(index: number): Entry | undefined {
    return this.#log[index];
  }

  get last(): Entry | undefined {
    return this.#log.at(-1);
  }

  /** A replica has applied an entry. @param epoch gives the one that it is in */
  applied(entry: Entry, epoch: () => number): void {
    const old = this.#old;
    const log = old && epoch() < old.untilEpoch ? old.log : this.#log;
    // Who was forced, and did not hear of it, may follow the old leader once more before it leads: then it has what that one had.
    if (old && log === this.#log) {
      for (let i = log.length; i < entry.index; i++) log[i] = old.log[i]!;
    }
    const first = (log[entry.index] ??= entry);
    demand(first.sum === entry.sum, `no two replicas apply different entries: ${entry.index}`);
  }

  /** One leads by force with these entries behind `base`. Gives how many committed ones it does not have. */
  forced(epoch: number, base: number, entries: readonly Entry[]): number {
    const log = this.#log.slice(0, base + 1);
    for (const entry of entries) log[entry.index] = entry;
    const lost = this.#log.filter(({ index, sum }) => log[index]?.sum !== sum).length;
    this.#old = { log: this.#log, untilEpoch: epoch };
    this.#log = log;
    return lost;
  }

  /** Is a place in the log that counts? */
  has({ index, sum }: Pick<Told['at'], 'index' | 'sum'>): boolean {
    return index === 0 || this.#log[index]?.sum === sum;
  }

  /** An answer shows an object as it was at that place. */
  checkRead(subject: Subject, object: string, output: string, at: Told['at']): void {
    const log = this.has(at) ? this.#log : this.#old?.log;
    demand(at.index === 0 || log?.[at.index]?.sum === at.sum, 'a read is answered from what is committed');
    let state: Json = null;
    for (let i = 1; i <= at.index; i++) {
      const meant = subject.meant(log![i]!.op);
      if (meant?.object === object) [state] = subject.perform(state, meant.input);
    }
    const [, told] = subject.perform(state, { kind: FIND, value: 0 });
    demand(told === output, 'a read shows the log up to its index');
  }

  /** In each log, what was answered from it was done in its order. Of operations that say whose they are, by their value. */
  checkOrder(subject: Subject, object: string, deeds: readonly Deed[]): void {
    const { log: oldLog = [], untilEpoch = 0 } = this.#old ?? {};
    for (const log of [this.#log, oldLog]) {
      const states: Json[] = [null];
      const doneAt = new Map<number, number>();
      for (let i = 1; i < log.length; i++) {
        const meant = subject.meant(log[i]!.op);
        const isOurs = meant?.object === object;
        if (isOurs) doneAt.set(meant.input.value, i);
        states.push(isOurs ? subject.perform(states[i - 1]!, meant.input)[0] : states[i - 1]!);
      }
      // Who has not heard of the forced epoch answers from the old log, be it from what both have.
      const answered = deeds.filter(({ at }) => at && at.epoch < untilEpoch === (log === oldLog));
      const placed = answered.map((deed) => {
        demand(log[deed.at!.index]?.sum === deed.at!.sum, 'an answer is given from what is committed');
        const isRead = deed.input.value === 0;
        const index = isRead ? deed.at!.index : doneAt.get(deed.input.value);
        demand(index !== undefined && index <= deed.at!.index, 'what is confirmed is in the log');
        const [, told] = subject.perform(states[isRead ? index : index - 1]!, deed.input);
        demand(told === deed.output, 'what is told is what the log says');
        return { ...deed, index };
      });
      placed.sort((one, other) => one.callMs - other.callMs);
      for (const [i, deed] of placed.entries()) {
        const later = placed.slice(0, i).find(({ returnMs, index }) => returnMs < deed.callMs && index > deed.index);
        demand(!later, 'what was asked later is later in the log');
      }
    }
  }
}

/** The kind of a question, whatever it is about. */
const FIND = 'find';
