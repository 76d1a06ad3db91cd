/** What a world is made of and what happens in it, drawn from one seed: data alone, so that a smaller world can be tried. */

import { Random } from '../../../../simulator/random';

export interface Plan {
  seed: number;
  /** What the log is applied to. */
  machine: 'lists' | 'documents';
  /** An operator may force a takeover: what is lost then, may be. */
  isForced: boolean;
  size: number;
  /** How late followers learn what is committed. */
  learnMs: number;
  delayMs: [min: number, max: number];
  flushMs: [min: number, max: number];
  unknownPercent: number;
  minInSync: number;
  /** Entries kept in the log for those that come back. */
  keepEntries: number;
  hashEvery: number;
  /** The state outlives a process as it was after the last so many batches. */
  batchesKept: number;
  /** Now and then the state has no room for so long, milliseconds; 0: it always has. */
  fullMs: number;
  /** Entries of the journal that a replica is given when it starts, behind those applied. */
  tailKept: number;
  clients: number;
  /** Lists, or documents of each kind. */
  objects: number;
  thinkMs: number;
  /** Replicas that the operator told of a leader, by number; the others look at the record. */
  contacts: (number | undefined)[];
  faults: Fault[];
}

export interface Fault {
  atMs: number;
  what: What;
  ms: number;
  a: number;
  b: number;
}

export type What =
  | 'kill'
  | 'kill leader'
  | 'kill all'
  | 'pause'
  | 'pause leader'
  | 'cut one way'
  | 'part'
  | 'part leader'
  | 'isolate leader'
  | 'slow disk'
  | 'failing disk'
  | 'rot'
  | 'rot of the last'
  | 'wipe'
  | 'service away'
  | 'service restarted'
  | 'cut from service'
  | 'end session early'
  | 'prolong session'
  | 'hostile'
  | 'go wrong'
  | 'force'
  | 'force a stale one';

/** How a plan is made smaller. */
export interface Smaller {
  size?: number | undefined;
  /** Numbers of the faults that stay. */
  only?: readonly number[] | undefined;
}

/** Faults act in the first so many milliseconds. */
export const TROUBLE_MS = 4000;

const FAULTS: readonly What[] = [
  'kill',
  'kill',
  'kill leader',
  'kill leader',
  'kill all',
  'pause',
  'pause leader',
  'pause leader',
  'cut one way',
  'cut one way',
  'part',
  'part leader',
  'isolate leader',
  'isolate leader',
  'slow disk',
  'failing disk',
  'rot',
  'rot of the last',
  'wipe',
  'service away',
  'service restarted',
  'cut from service',
  'end session early',
  'prolong session',
  'hostile',
];

export function planWorld(seed: number, { size: givenSize, only }: Smaller = {}): Plan {
  const random = new Random(seed);
  const drawn = [1, 2, 2, 3, 3, 3, 3, 4, 5][random.below(9)]!;
  const size = givenSize ?? drawn;
  const plan: Plan = {
    seed,
    machine: random.chance(40) ? 'documents' : 'lists',
    isForced: false,
    size,
    learnMs: random.chance(15) ? 50 + random.below(1500) : 0,
    delayMs: random.chance(70) ? [1, 5] : [1, 60],
    flushMs: random.chance(70) ? [0.2, 3] : [1, 40],
    unknownPercent: random.chance(40) ? 5 + random.below(40) : 0,
    minInSync: random.chance(25) ? 2 : 1,
    keepEntries: [2, 10, 1000][random.below(3)]!,
    hashEvery: 5 + random.below(10),
    batchesKept: 1 + random.below(6),
    tailKept: random.below(10),
    clients: 1 + random.below(4),
    objects: 1 + random.below(2),
    thinkMs: [20, 80, 200][random.below(3)]!,
    contacts: [],
    faults: [],
    fullMs: 0,
  };
  const named = random.chance(50);
  for (let i = 0; i < size; i++) plan.contacts.push(named && i > 0 ? 0 : undefined);
  const count = random.below(7);
  for (let i = 0; i < count; i++) {
    plan.faults.push({
      atMs: 300 + random.below(TROUBLE_MS - 300),
      what: FAULTS[random.below(FAULTS.length)]!,
      ms: random.chance(50) ? random.below(400) : random.below(2500),
      a: random.word(),
      b: random.word(),
    });
  }
  // Faults that meet each other are worth more than those that stand alone.
  for (let i = 1; i < plan.faults.length; i++) {
    if (random.chance(50))
      plan.faults[i]!.atMs = Math.min(plan.faults[i - 1]!.atMs + random.below(300), TROUBLE_MS - 1);
  }
  plan.faults.sort((one, other) => one.atMs - other.atMs);
  if (plan.minInSync > size) plan.minInSync = 1;
  // Some clusters have nothing to bear but strangers: then nothing may happen.
  if (random.chance(8)) {
    plan.unknownPercent = 0;
    for (const fault of plan.faults) fault.what = 'hostile';
  }
  if (size > 1 && random.chance(5)) force(plan, random);
  else if (size > 1 && random.chance(4)) goWrong(plan, random);
  if (random.chance(15)) plan.fullMs = 20 + random.below(300);
  if (only) plan.faults = plan.faults.filter((_, i) => only.includes(i));
  return plan;
}

/** An operator forces one takeover, of a replica in sync or of one that has been cut off for a while. */
function force(plan: Plan, random: Random): void {
  plan.isForced = true;
  const what = random.chance(70) ? 'force a stale one' : 'force';
  plan.faults.push({
    atMs: 1000 + random.below(1000),
    what,
    ms: random.below(2500),
    a: random.word(),
    b: random.word(),
  });
}

/** A follower applies a write as another, and nothing else happens: whoever leads is right. */
function goWrong(plan: Plan, random: Random): void {
  plan.unknownPercent = 0;
  plan.faults = [{ atMs: 500 + random.below(2000), what: 'go wrong', ms: 0, a: random.word(), b: 0 }];
}
