/** What of the store runs in a world: the real thing, or one with a planted bug. */

import { ReplicaCore } from '../../../../store/core';
import { replyTo } from '../../../../store/dialects/key-value/requests';
import { Documents } from '../../../../store/documents/documents';

export interface Build {
  Core: typeof ReplicaCore;
  Machine: typeof Documents;
  replyTo: typeof replyTo;
  /** The shell gives a folder that was lost, and is empty now, its old identity again. */
  keepsIdentity: boolean;
  /** The shell lets the log begin behind a snapshot's state before that is on disk. */
  forgetsRestored: boolean;
}

export const REAL: Build = {
  Core: ReplicaCore,
  Machine: Documents,
  replyTo,
  keepsIdentity: false,
  forgetsRestored: false,
};
