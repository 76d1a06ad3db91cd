/** How clients of a simulated store reach its replicas: over ways that take time, with attempts that may go unanswered. */

import type { Random } from '../../../../simulator/random';
import type { Timeline } from '../../../../simulator/timeline';
import type { Answer } from '../../../../store/replication/outbox';
import type { Place, Request, Told } from './place';

/** How long one attempt may go unanswered, milliseconds. */
export const ATTEMPT_MS = 1800;

export interface AskerOptions {
  timeline: Timeline;
  random: Random;
  places: readonly Place[];
}

export class Asker {
  readonly #options: AskerOptions;
  #leader: number;

  constructor(options: AskerOptions) {
    this.#options = options;
    this.#leader = options.random.below(options.places.length);
  }

  /** Who leads, as far as is known here. */
  get leader(): Place {
    return this.#options.places[this.#leader]!;
  }

  /** Anybody, who is from now on taken for the leader. */
  anybody(): Place {
    const { places, random } = this.#options;
    this.#leader = random.below(places.length);
    return this.leader;
  }

  /** One attempt: `done` is called once, with undefined when no answer came. */
  send(
    place: Place,
    asked: Omit<Request, 'done'>,
    done: (answer: Answer | undefined, told: Told | undefined) => void,
  ): void {
    const { random, timeline } = this.#options;
    let isOver = false;
    const over: typeof done = (answer, told) => {
      if (isOver) return;
      isOver = true;
      done(answer, told);
    };
    const delayMs = (): number => 1 + random.unit() * 4;
    timeline.after(delayMs(), () => {
      const back: typeof done = (answer, told) => timeline.after(delayMs(), () => over(answer, told));
      if (place.process) place.process.ask({ ...asked, done: back });
      else back({ kind: 'not-leader', leader: undefined }, undefined);
    });
    timeline.after(ATTEMPT_MS, () => over(undefined, undefined));
  }

  /** Believes what an answer says of who leads; else tries anybody. */
  follow(answer: Answer | undefined): void {
    const { random, places } = this.#options;
    const leader = answer && 'leader' in answer ? answer.leader : undefined;
    const at = places.findIndex(({ address }) => address === leader);
    this.#leader = at >= 0 ? at : random.below(places.length);
  }

  /** Does it again after a short while. */
  again(attempt: () => void): void {
    const { random, timeline } = this.#options;
    timeline.after(20 + random.below(80), attempt);
  }
}
