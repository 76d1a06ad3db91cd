/**
 * Where the record of a replica's store lies (store specification, section 6): in ZooKeeper if it is told so, else in a folder,
 * that a follower learns from the leader which it joins.
 */

import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Coordination, CoordinationOptions } from './coordination/coordination';
import { bootIdentity } from './coordination/local/files';
import { openLocal } from './coordination/local/local';
import { parseZookeeperPlace } from './coordination/zookeeper/servers';
import { openZookeeper } from './coordination/zookeeper/zookeeper';
import type { ReplicaFolder } from './folder';
import { greet, type Welcome } from './greeting';
import type { StoreOptions } from './settings';

/** How long the leader named may take to be there, milliseconds: several replicas may be started at once. */
const LEADER_WAIT_MS = 10_000;
const LEADER_PAUSE_MS = 200;

export type Whereabouts =
  | { kind: 'zookeeper'; servers: string }
  /** `boot` is the machine's boot on which it can be seen. */
  | { kind: 'folder'; folder: string; boot: string }
  /** On another machine: the replica follows, and cannot take over. */
  | { kind: 'unseen' };

/** @throws OperatorError `unreachable` when the leader named does not answer */
export async function findRecord(
  { leader, path, zookeeper }: StoreOptions,
  own: ReplicaFolder,
  closing: AbortSignal,
): Promise<Whereabouts> {
  if (zookeeper !== undefined) return { kind: 'zookeeper', servers: zookeeper };
  const boot = await bootIdentity();
  const known = (await own.place())?.coordination;
  if (known !== undefined) return { kind: 'folder', folder: known, boot };
  if (leader === undefined) return { kind: 'folder', folder: resolve(join(path, 'coordination')), boot };
  const told = await askLeader(leader, closing);
  return told?.boot === boot ? { kind: 'folder', ...told } : { kind: 'unseen' };
}

/** Takes part; undefined where there is nothing to be seen. @throws OperatorError `file` */
export async function openCoordination(
  whereabouts: Whereabouts,
  options: CoordinationOptions,
): Promise<Coordination | undefined> {
  switch (whereabouts.kind) {
    case 'zookeeper':
      return openZookeeper({ ...options, place: parseZookeeperPlace(whereabouts.servers) });
    case 'folder':
      return openLocal({ ...options, folder: whereabouts.folder });
    case 'unseen':
      return undefined;
  }
}

/** What a replica tells those that join of it. */
export function welcomeOf(whereabouts: Whereabouts): Welcome {
  if (whereabouts.kind !== 'folder') return { coordination: null };
  const { folder, boot } = whereabouts;
  return { coordination: { folder, boot } };
}

async function askLeader(leader: string, closing: AbortSignal): Promise<Welcome['coordination']> {
  const deadlineMs = performance.now() + LEADER_WAIT_MS;
  for (;;) {
    try {
      const { connection, welcome } = await greet(leader);
      connection.destroy();
      return welcome.coordination;
    } catch (error) {
      if (performance.now() >= deadlineMs || closing.aborted) throw error;
      await sleep(LEADER_PAUSE_MS);
    }
  }
}
