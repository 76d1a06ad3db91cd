/** What the scenes of all stores share: a replica that leads, those that a case starts beside it, and clients of ours. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Endpoint, formatEndpoint, portOf } from '../shared/endpoint';
import type { Case, CaseName } from './case';
import type { Party } from './exchange';
import type { Ground } from './ground';
import { onLoopback } from './overlay/messages';
import type { Subject } from './program/subject';
import type { Values } from './program/words';
import { Stream } from './stream';
import { NotPlayable, Unmet } from './unmet';

/** Where a replica is. */
export interface Place {
  /** Where it serves its clients. */
  endpoint: Endpoint;
  /** A further ip:port, for stores whose replicas do not speak to each other where clients do. */
  own: string;
}

/** A replica that was started. */
export interface Replica extends Party, Place {
  isLeader: boolean;
  values: Values;
  subject: Subject;
}

/** What the replicas of one kind of store are told of where they are, and of where the leader is: undefined for the first. */
export type Told = (place: Place, leader: Place | undefined) => Values;

/** A case of a store as it is written. */
export interface StoreCase<Scene> extends CaseName {
  /** How many replicas a write is to want in sync. Default: 1, so that a leader alone takes it. */
  inSyncMin?: number;
  scene(scene: Scene): Promise<void>;
}

/** The placeholder for how many replicas a write is to want in sync, for all kinds of store. */
export const IN_SYNC_MIN = { insync: 'how many replicas a write is to want in sync: 1, or as a case has it' };

/** A follower of a store that does not say who is in sync is one after so long, milliseconds. */
const JOINING_MS = 1000;
/** How often is asked again, milliseconds. */
const ASK_MS = 100;

/** Starts the replicas of a case. */
export class Replicas {
  readonly ground: Ground;
  readonly #told: Told;
  readonly #inSyncMin: number;

  constructor(ground: Ground, told: Told, inSyncMin: number) {
    this.ground = ground;
    this.#told = told;
    this.#inSyncMin = inSyncMin;
  }

  /** Starts one, and waits until it serves. @throws Unmet when it does not */
  async start(name: string, leader?: Place): Promise<Replica> {
    const endpoint = onLoopback(await this.ground.takePort());
    const place = { endpoint, own: formatEndpoint(onLoopback(await this.ground.takeFreePort())) };
    const values = {
      port: String(portOf(endpoint)),
      path: this.ground.folder(),
      insync: String(this.#inSyncMin),
      ...this.#told(place, leader),
    };
    const subject = await this.ground.startServing('tcp', portOf(endpoint), values);
    return { name, ...place, isLeader: leader === undefined, values, subject };
  }

  /** Starts one again that has ended, with the same words. @throws Unmet when it does not serve */
  async startAgain(replica: Replica): Promise<void> {
    replica.subject = await this.ground.startServing('tcp', portOf(replica.endpoint), replica.values);
  }
}

export abstract class StoreScene {
  readonly ground: Ground;
  readonly leader: Replica;
  readonly #replicas: Replicas;

  constructor(replicas: Replicas, leader: Replica) {
    this.ground = replicas.ground;
    this.leader = leader;
    this.#replicas = replicas;
  }

  /** Waits until a replica knows whether it leads: one that serves may still be about to find out. */
  abstract knowsItsRole(replica: Replica): Promise<void>;

  /** How many replicas are in sync, in the leader's own words; undefined where it has none for that. */
  abstract inSync(): Promise<number | undefined>;

  connects(to: Party = this.leader, name = 'client'): Promise<Stream> {
    return Stream.open(name, this.ground, to);
  }

  /** Starts another replica, which follows. */
  async follower(): Promise<Replica> {
    const follower = await this.#replicas.start('follower', this.leader);
    await this.knowsItsRole(follower);
    return follower;
  }

  /** Starts a replica that has ended again. */
  async returns(replica: Replica): Promise<void> {
    await this.#replicas.startAgain(replica);
    await this.knowsItsRole(replica);
  }

  /** Waits until so many replicas are in sync. @throws Unmet when they do not come to be */
  async haveJoined(count: number): Promise<void> {
    await this.eventually(async () => {
      const inSync = await this.inSync();
      if (inSync === undefined) await sleep(JOINING_MS);
      else if (inSync < count) throw new Unmet(`${count} replicas in sync`, String(inSync));
    });
  }

  /** Tries until it no longer throws, as long as a program may take to start. @throws Unmet the last one */
  async eventually<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (const endMs = performance.now() + this.ground.terms.startMs; ; await sleep(ASK_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof Unmet) || performance.now() > endMs) throw error;
      }
    }
  }
}

/** Starts the replica that leads, and plays the scene. */
export function storeCase<Scene extends StoreScene>(
  SceneOfKind: new (replicas: Replicas, leader: Replica) => Scene,
  told: Told,
  { scene, inSyncMin = 1, ...name }: StoreCase<Scene>,
): Case {
  return {
    ...name,
    async play(ground) {
      if (inSyncMin > 1 && !ground.tells('insync')) throw new NotPlayable("needs {insync} in the program's words");
      const replicas = new Replicas(ground, told, inSyncMin);
      const played = new SceneOfKind(replicas, await replicas.start('program'));
      await played.knowsItsRole(played.leader);
      await scene(played);
    },
  };
}
