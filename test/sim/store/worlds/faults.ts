/** What goes wrong in a world, and how it ends. No fault takes the last copy of what was confirmed: no replication survives that. */

import { constant } from '../../../../simulator/path';
import { hostileMessage } from './hostile';
import { ACK_MS, type Place, SESSION_MS, type Watch } from './place';
import type { Fault } from './plan';

/** What faults act on. */
export interface Stage extends Watch {
  readonly places: readonly Place[];
}

export function begin(world: Stage, fault: Fault): void {
  const place = world.places[fault.a % world.places.length]!;
  FAULTS[fault.what](world, fault, place);
}

/** Everything works again, and whoever is dead is started. */
export function end(world: Stage): void {
  const { coordination, places, streams } = world;
  coordination.away = false;
  coordination.unknownPercent = 0;
  for (const place of places) {
    place.disk.delay = place.flushDelay;
    if (place.process) coordination.cut(place.process, false);
    place.process?.resume();
    for (const other of places) streams.mend(place.number, other.number);
    place.bringBack();
    place.start();
  }
}

const FAULTS: Record<Fault['what'], (world: Stage, fault: Fault, place: Place) => void> = {
  kill: (world, fault, place) => kill(world, fault, place),
  'kill leader': (world, fault, place) => kill(world, fault, leaderOf(world) ?? place),
  'kill all': (world, fault) => {
    for (const place of world.places) kill(world, { ...fault, ms: (fault.b * (place.number + 1)) % 400 }, place);
  },
  pause: (world, fault, place) => pause(world, fault, place),
  'pause leader': (world, fault, place) => pause(world, fault, leaderOf(world) ?? place),
  'cut one way': (world, fault, place) => {
    world.tally.met('a way was cut in one direction');
    cut(world, fault.ms, [[place.number, fault.b % world.places.length]]);
  },
  part: (world, fault, place) => part(world, fault, place),
  'part leader': (world, fault, place) => part(world, fault, leaderOf(world) ?? place),
  // From everybody but the clients.
  'isolate leader': (world, fault, place) => {
    const leader = leaderOf(world) ?? place;
    part(world, { ...fault, ms: fault.ms + SESSION_MS, b: -1 }, leader);
    FAULTS['cut from service'](world, { ...fault, ms: fault.ms + SESSION_MS }, leader);
  },
  'slow disk': (world, fault, place) => {
    place.disk.delay = constant(50 + (fault.b % 1000));
    world.timeline.after(fault.ms, () => {
      place.disk.delay = place.flushDelay;
    });
  },
  'failing disk': (_world, _fault, place) => {
    place.disk.failing = true;
  },
  rot: (world, fault, place) => {
    if (!mayLose(world, place)) return;
    place.rot();
    world.timeline.after(fault.ms, () => place.start());
  },
  wipe: (world, fault, place) => {
    if (!mayLose(world, place)) return;
    place.lose();
    world.timeline.after(fault.ms, () => place.start());
  },
  'service away': (world, fault) => {
    world.tally.met('a coordination service was away');
    world.coordination.away = true;
    world.timeline.after(fault.ms, () => {
      world.coordination.away = false;
    });
  },
  'service restarted': (world) => {
    world.tally.met('a coordination service was started again');
    world.coordination.restart();
  },
  'cut from service': (world, fault, place) => {
    const { process } = place;
    if (!process) return;
    world.coordination.cut(process, true);
    world.timeline.after(fault.ms, () => world.coordination.cut(process, false));
  },
  'end session early': (world, _fault, place) => {
    if (place.process) world.coordination.endEarly(place.process.member);
  },
  'prolong session': (world, fault, place) => {
    if (place.process) world.coordination.prolong(place.process.member, fault.ms);
    kill(world, fault, place);
  },
  hostile: (world, fault, place) => hostile(world, fault, place),
  'rot of the last': (world, fault) => {
    const { inSync = [] } = world.coordination.record ?? {};
    const last = world.places.find(({ folder }) => folder.id === inSync[0]?.id);
    // A log without entries has nothing that rots: its replica would go on, and the copy would undo what it confirms.
    if (inSync.length !== 1 || !last || last.folder.entries.length === 0 || world.coordination.isChanging) return;
    last.rotCopied();
    last.start();
    world.timeline.after(SESSION_MS + fault.ms, () => {
      last.bringBack();
      last.start();
    });
  },
  'go wrong': (world, fault) => {
    const followers = world.places.filter(({ process }) => process?.status.role === 'follower');
    followers[fault.a % Math.max(followers.length, 1)]?.process?.machine.goWrong();
  },
  force: (_world, _fault, place) => force(place),
  // Cut off until the others do without it, it has not what is confirmed meanwhile; then all others die.
  'force a stale one': (world, fault, place) => {
    part(world, { ...fault, ms: 6 * ACK_MS, b: -1 }, place);
    const others = world.places.filter((other) => other !== place);
    world.timeline.after(4 * ACK_MS, () => {
      // Some go on, and do not hear of it.
      for (const other of others) {
        if (fault.b % 3 > 0) kill(world, { ...fault, ms: fault.ms + 2 * SESSION_MS }, other);
        else FAULTS['cut from service'](world, { ...fault, ms: fault.ms + 2 * SESSION_MS }, other);
      }
    });
    world.timeline.after(6 * ACK_MS, () => force(place));
  },
};

function force({ process }: Place): void {
  process?.ask({ operation: ['force'], request: undefined, atLeast: 0, kind: 'force', done: () => {} });
}

function leaderOf(world: Stage): Place | undefined {
  return world.places.find(({ process }) => process?.status.role === 'leader');
}

function kill(world: Stage, fault: Fault, place: Place): void {
  place.kill();
  world.timeline.after(fault.ms, () => place.start());
}

function pause(world: Stage, fault: Fault, place: Place): void {
  const { process } = place;
  if (!process) return;
  const ms = fault.ms + (fault.b % 3) * 1.5 * SESSION_MS;
  if (ms > SESSION_MS) world.tally.met('a replica was paused for longer than its session');
  process.pause();
  world.coordination.cut(process, true);
  world.timeline.after(ms, () => {
    world.coordination.cut(process, false);
    process.resume();
  });
}

function part(world: Stage, fault: Fault, place: Place): void {
  world.tally.met('the cluster was parted');
  const others = world.places.filter((other) => other !== place && ((fault.b >> other.number) & 3) > 0);
  cut(
    world,
    fault.ms,
    others.flatMap(({ number }): [number, number][] => [
      [number, place.number],
      [place.number, number],
    ]),
  );
}

function cut(world: Stage, ms: number, ways: [from: number, to: number][]): void {
  for (const [from, to] of ways) world.streams.cut(from, to);
  world.timeline.after(ms, () => {
    for (const [from, to] of ways) world.streams.mend(from, to);
  });
}

/** May this replica lose its log now? Not the last in sync, and not while the record may still change to one where it is. */
function mayLose(world: Stage, place: Place): boolean {
  const { coordination, places } = world;
  const inSync = coordination.record?.inSync ?? [];
  if (coordination.isChanging || coordination.away || !coordination.record) return false;
  const isIn = inSync.some(({ id }) => id === place.folder.id);
  const whole = places.filter((other) => other !== place && !other.isDamaged());
  return !isIn || inSync.some(({ id }) => whole.some(({ folder }) => folder.id === id));
}

/** Somebody who is no replica connects, and says what replicas do not say. */
function hostile(world: Stage, fault: Fault, place: Place): void {
  const host = world.places.length;
  for (let i = 0; i < 4; i++) {
    world.streams.connect(host, place.number, (stream) => {
      if (stream === undefined) return;
      for (let j = 0; j <= fault.b % 3; j++) {
        world.streams.send(stream, host, hostileMessage(world.random, world.coordination.record));
      }
      world.timeline.after(fault.ms, () => world.streams.close(stream, host));
    });
  }
}
