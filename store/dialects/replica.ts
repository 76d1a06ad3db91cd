/** What a dialect asks of the replica it belongs to; the shell gives it, and dialects know nothing else of the store. */

import type { Status } from '../../shared/wire/documents';
import type { Operation } from '../entry';
import type { Answer } from '../replication/outbox';

export interface Replica {
  /** `request`: the identity under which it is done once. */
  write(operation: Operation, request: string | undefined): Promise<Answer>;
  /** Answers from what is applied, once that is at least the entry with this index. */
  read(operation: Operation, atLeast: number): Promise<Answer>;
  status(): Status;
}
