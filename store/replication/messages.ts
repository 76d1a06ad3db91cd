/**
 * What replicas say to each other. A follower dials its leader and says `join`; the rest of the link is the leader's stream of
 * entries and the follower's acknowledgements. Every message names the epoch that it is of.
 */

import type { Configuration, Member } from '../coordination/coordination';
import type { Position } from '../entry';

/** Ends of epochs that a follower names when it joins; one whose last entry in common is older needs a snapshot. */
export const ENDS_MAX = 1000;

/** Where the entries of one epoch end in a log: the index of the last of them. */
export interface EpochEnd {
  readonly epoch: number;
  readonly last: number;
}

/** Follower to leader, first on a link: who I am, and where the epochs of my log end, newest last. */
export interface Join {
  readonly type: 'join';
  /** The highest that the follower knows to have begun. */
  readonly epoch: number;
  readonly member: Member;
  /** At least one; the first may be the place that the log begins behind. At most ENDS_MAX. */
  readonly ends: readonly EpochEnd[];
}

/** Leader to follower: I lead this epoch, and this is the last entry that we both have. */
export interface Lead {
  readonly type: 'lead';
  readonly epoch: number;
  readonly configuration: Configuration;
  /** Cut off what stands behind it. */
  readonly after: number;
}

/** Leader to follower: the next entries, how far all is committed, and what is to be confirmed. All may be nothing new. */
export interface Append {
  readonly type: 'append';
  readonly epoch: number;
  /** Lines of the log, behind those sent before. */
  readonly lines: readonly string[];
  readonly committed: number;
  /** Number of the round: whoever acknowledges it confirms that it is still in the epoch. */
  readonly round: number;
  /** The leader's state at the last index that replicas compare at. */
  readonly hash?: StateHash | undefined;
}

export interface StateHash {
  readonly index: number;
  readonly hash: string;
}

/** Leader to follower: the record has changed. */
export interface Changed {
  readonly type: 'changed';
  readonly epoch: number;
  readonly configuration: Configuration;
}

/** Follower to leader: I have all up to this index on disk, the last of it with this sum, and have heard of this round. */
export interface Ack {
  readonly type: 'ack';
  readonly epoch: number;
  readonly index: number;
  readonly sum: string;
  readonly round: number;
}

/** Leader to follower: you are new, or too far behind; throw your state away and take this one, that `lines` bring. */
export interface SnapshotBegins {
  readonly type: 'snapshot';
  readonly epoch: number;
  readonly configuration: Configuration;
  readonly position: Position;
  readonly hash: string;
}

/** Leader to follower: the next lines of the snapshot. */
export interface SnapshotLines {
  readonly type: 'lines';
  readonly epoch: number;
  readonly lines: readonly string[];
  /** Nothing comes behind them. */
  readonly last: boolean;
}

/** Follower to leader: I have taken one more message of lines. */
export interface Taken {
  readonly type: 'taken';
  readonly epoch: number;
}

/** Either way: I know of a later epoch than yours. */
export interface Stale {
  readonly type: 'stale';
  /** The later one. */
  readonly epoch: number;
}

/** To one who would join: I do not lead, but perhaps this one does. */
export interface Elsewhere {
  readonly type: 'elsewhere';
  readonly epoch: number;
  readonly leader: string | undefined;
}

/** Leader to follower: your log or your state is not mine at this index. Begin anew. */
export interface Differs {
  readonly type: 'differs';
  readonly epoch: number;
  readonly index: number;
}

export type PeerMessage =
  | Join
  | Lead
  | Append
  | Changed
  | Ack
  | SnapshotBegins
  | SnapshotLines
  | Taken
  | Stale
  | Elsewhere
  | Differs;

/** A message read from JSON; undefined for what is none. What it says is not checked here, only its form. */
export function readMessage(json: unknown): PeerMessage | undefined {
  if (!isObject(json) || typeof json['type'] !== 'string' || !Object.hasOwn(FORMS, json['type'])) return undefined;
  const form = FORMS[json['type'] as PeerMessage['type']];
  return isCount(json['epoch']) && form(json) ? (json as unknown as PeerMessage) : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const FORMS: Readonly<Record<PeerMessage['type'], (fields: Fields) => boolean>> = {
  join: ({ member, ends }) =>
    isMember(member) && isListOf(ends, isEpochEnd) && ends.length >= 1 && ends.length <= ENDS_MAX,
  lead: ({ configuration, after }) => isConfiguration(configuration) && isCount(after),
  append: ({ lines, committed, round, hash }) =>
    isListOf(lines, isText) && isCount(committed) && isCount(round) && (hash === undefined || isStateHash(hash)),
  changed: ({ configuration }) => isConfiguration(configuration),
  ack: ({ index, sum, round }) => isCount(index) && isText(sum) && isCount(round),
  snapshot: ({ configuration, position, hash }) =>
    isConfiguration(configuration) && isPosition(position) && isText(hash),
  lines: ({ lines, last }) => isListOf(lines, isText) && typeof last === 'boolean',
  taken: () => true,
  stale: () => true,
  elsewhere: ({ leader }) => leader === undefined || isText(leader),
  differs: ({ index }) => isCount(index),
};

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isItem);
}

function isMember(value: unknown): boolean {
  return isObject(value) && isText(value['id']) && isText(value['address']);
}

function isEpochEnd(value: unknown): boolean {
  return isObject(value) && isCount(value['epoch']) && isCount(value['last']);
}

function isStateHash(value: unknown): boolean {
  return isObject(value) && isCount(value['index']) && isText(value['hash']);
}

function isPosition(value: unknown): boolean {
  return (
    isObject(value) &&
    isCount(value['index']) &&
    isCount(value['epoch']) &&
    isCount(value['timeUs']) &&
    isText(value['sum'])
  );
}

function isConfiguration(value: unknown): boolean {
  return (
    isObject(value) &&
    isCount(value['version']) &&
    isCount(value['epoch']) &&
    isText(value['leader']) &&
    isListOf(value['inSync'], isMember)
  );
}
