/** What clients of a world ask for, and what is then to be told: sequential objects by name, in whatever machine keeps them. */

import type { Random } from '../../../../simulator/random';
import type { Json, Operation } from '../../../../store/entry';
import type { Reply } from '../../../../store/state-machine';
import type { Model } from '../../../support/linearizability';

export interface Input {
  kind: string;
  /** Of a write: no other has the same. */
  value: number;
}

/** An input to one object. */
export interface Meant {
  object: string;
  input: Input;
}

export interface Asked extends Meant {
  operation: Operation;
}

export interface Subject {
  drawWrite(random: Random, value: number): Asked;
  drawRead(random: Random): Asked;
  /** What an operation of the log means; undefined for one that means nothing to any object. */
  meant(operation: Operation): Meant | undefined;
  /** What a reply says. */
  told(input: Input, reply: Reply): string;
  /** The object behind an input, and what is told of it. An object that was never written is null. */
  perform(state: Json, input: Input): readonly [state: Json, told: string];
}

/** One object of a subject, for the search. */
export function modelOf(subject: Subject): Model<Json, Input, string> {
  return {
    initial: null,
    step(state, input, output) {
      const [after, told] = subject.perform(state, input);
      return output === undefined || output === told ? after : undefined;
    },
    key: (state) => JSON.stringify(state),
  };
}
