/** What a world asks of a state machine beside what its core does: what outlives its process, and that it can go wrong. */

import type { Entry, Operation } from '../../../../store/entry';
import type { Reply, StateMachine } from '../../../../store/state-machine';

/** Called with every entry that is applied, before it is. */
export type Witness = (entry: Entry) => void;

export interface WorldMachine extends StateMachine {
  /** The world says so. */
  isFull: boolean;
  /** All at once: a world's state is small. */
  read(operation: Operation): Reply;
  /** What the machine of the next process is given; kept after every so many batches, and by `flush`. */
  readonly durable: unknown;
  readonly durableIndex: number;
  /** All that is in it, to be compared. */
  readonly text: string;
  /** It has applied a write as another than it was. */
  readonly isWrong: boolean;
  /** A fault of the machine itself: the next write is applied as another. */
  goWrong(): void;
}
