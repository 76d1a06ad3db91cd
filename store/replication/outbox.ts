/** What the core of a replica decides, for its shell to do: the effects, and nothing of how they are done. */

import type { Configuration } from '../coordination/coordination';
import type { Entry, Position } from '../entry';
import type { Reply } from '../state-machine';
import type { PeerMessage } from './messages';

/** A connection between two replicas, numbered by the shell and never twice. What is sent on it arrives in order, or it goes down. */
export type Link = number;

/** Who asked: the shell's own number for a client's request, never twice. */
export type Token = number;

/** What a replica writes down beside its log. */
export interface Marks {
  /** The highest epoch that it knows to have begun: of an older one it takes nothing more. */
  readonly epoch: number;
  /** The highest epoch that it has tried to begin: none is tried twice. */
  readonly tried: number;
  /** The latest configuration seen when this was written: whom to look for. It decides nothing. */
  readonly known: Configuration | undefined;
}

/** One thing for the disk. */
export type Write =
  | { readonly kind: 'append'; readonly entries: readonly Entry[] }
  /** What stands behind the index was never committed. It is kept in a file beside the log, in case an epoch was forced. */
  | { readonly kind: 'truncate'; readonly after: number }
  /** A snapshot took the place of all entries: the next is the one behind this. */
  | { readonly kind: 'restart'; readonly at: Position }
  | { readonly kind: 'marks'; readonly marks: Marks };

/** How a client's request ended. */
export type Answer =
  /** What the state machine says, and the index that was applied when it said so. */
  | { readonly kind: 'reply'; readonly reply: Reply; readonly index: number }
  /** Surely not done: this replica does not lead, but this one does (`host:port`; undefined while nobody is known). */
  | { readonly kind: 'not-leader'; readonly leader: string | undefined }
  /** Surely not done, and why, in one sentence. `wanted`: so many replicas should be in sync, and are not. */
  | { readonly kind: 'refused'; readonly reason: string; readonly wanted?: number }
  /** Nobody knows here whether it was done: ask again under the same request identity. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly leader: string | undefined };

/** Why a replica ends. */
export interface Ending {
  /** Its log and state are not to be trusted: set them aside, and begin anew with another identity and nothing. */
  readonly anew: boolean;
  /** One sentence. */
  readonly reason: string;
}

/** What a leader has found of a follower's copy of its log. */
export interface Comparison {
  /** The same by the chained sum; another; or missing, for the follower is no longer waited for. */
  readonly found: 'same' | 'differs' | 'missing';
  /** `host:port`. */
  readonly follower: string;
  /** The first and last of the entries that this is about; of those missing, `from` is above `to` where it lacks none yet. */
  readonly from: number;
  readonly to: number;
}

/** Where a core puts what it decides. No core may be called from within. */
export interface Outbox {
  /**
   * Bring this to the disk behind all that was given before, and call `persisted` with the highest ticket that is flushed. One
   * flush may do for many. Nothing else waits for it: what must, the core gives out only afterwards.
   */
  persist(ticket: number, write: Write): void;
  /** Entries up to this index are needed by nobody: the log may let them go. */
  trim(index: number): void;
  /** Call `logRead` with so many entries from this index on, or fewer. One such question at a time for a link. */
  readLog(link: Link, from: number, count: number): void;
  /** Send this to a peer. What is sent to a link that is down is lost. */
  send(link: Link, message: PeerMessage): void;
  /** Keep a link to this replica, dialling with pauses in between, until another call names another or none. */
  dial(address: string | undefined): void;
  /** Close a link; `linkDown` is not called for it. One that was dialled is dialled anew. */
  hangUp(link: Link, reason: string): void;
  /** Call `Coordination.change` and give its outcome to `changed`. One change or read at a time. */
  change(next: Configuration): void;
  /** Call `Coordination.read` and give its result to `recordRead`. */
  readRecord(): void;
  /** Answer a client; once for each token. */
  answer(token: Token, answer: Answer): void;
  /** Call `wake` at this time, of the clock of `Now.ms`; replaces what was asked before. */
  wake(atMs: number): void;
  /** A follower's copy was compared with the leader's; for who keeps a record of it. */
  compared(comparison: Comparison): void;
  /** Something that people should read, in one sentence. */
  note(text: string): void;
  /** It is over: no other effect follows. What clients still wait for gets no answer. */
  end(ending: Ending): void;
}
