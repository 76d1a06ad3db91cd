/** What a world is made of and what happens in it, drawn from one seed: data alone, so that a smaller world can be tried. */

import type { Rate } from '../../../../servent/defences';
import { NEIGHBOURS_MAX } from '../../../../shared/wire/overlay/query';
import { Random } from '../../../../simulator/random';
import { type Action, type Attack, drawAttack, drawFault, drawQuestion, type Fault } from './actions';

export interface Plan {
  seed: number;
  size: number;
  links: { from: number; to: number; oneWay: boolean }[];
  literal: boolean;
  /** Of each servent. */
  workers: number;
  seenMax: number;
  seenAgeMs: number;
  /** Undefined: no defences. */
  limits: Limits | undefined;
  bufferMax: number;
  serviceMs: number;
  delayMs: [min: number, max: number];
  lossPercent: number;
  duplicatePercent: number;
  reorderPercent: number;
  hostile: number[];
  nearWrap: boolean;
  actions: Action[];
}

export interface Limits {
  questions: Rate;
  answers: Rate;
  bytes: Rate;
  strangers: Rate;
  strict: boolean;
  onlyClients: boolean;
  dryRun: boolean;
}

/** How a plan is made smaller. */
export interface Smaller {
  size?: number | undefined;
  /** Numbers of the actions that stay. */
  only?: readonly number[] | undefined;
}

const SIZE_MIN = 5;
const SIZE_MAX = 100;
/** Faults and hostile peers act in the first so many milliseconds. */
export const TROUBLE_MS = 12_000;

/** Each may come once or twice. */
const FAULTS: readonly Fault['what'][] = ['pause', 'kill', 'cut', 'reload', 'pause', 'kill', 'cut'];

const HOSTILE: readonly Attack['what'][] = [
  'forge',
  'garble',
  'replay',
  'mutate',
  'respond',
  'confuse client',
  'interrogate',
];

export function planWorld(seed: number, { size: givenSize, only }: Smaller = {}): Plan {
  const random = new Random(seed);
  const drawn = SIZE_MIN + Math.floor(random.unit() ** 2.5 * (SIZE_MAX + 1 - SIZE_MIN));
  const size = givenSize ?? drawn;
  const rest = new Random(random.word());
  const often = (percent: number) => rest.chance(percent);
  const hostileWorld = often(50);
  const plan: Plan = {
    seed,
    size,
    links: linksOf(size, new Random(rest.word())),
    literal: often(10),
    workers: often(30) ? 2 + rest.below(3) : 1,
    seenMax: often(30) ? 2 + rest.below(4) : 4096,
    seenAgeMs: often(30) ? 500 + rest.below(4000) : 60_000,
    limits: often(60) ? limitsOf(new Random(rest.word())) : undefined,
    bufferMax: often(40) ? 1 + rest.below(4) : 1000,
    serviceMs: often(30) ? 0.5 + rest.unit() * 4 : 0,
    delayMs: often(50) ? [1, 60] : [10, 12],
    lossPercent: often(50) ? rest.below(30) : 0,
    duplicatePercent: often(50) ? rest.below(30) : 0,
    reorderPercent: often(50) ? rest.below(30) : 0,
    hostile: hostileWorld && often(50) ? [rest.below(size)] : [],
    nearWrap: often(30),
    actions: [],
  };
  const someTime = (): number => Math.floor(rest.unit() * TROUBLE_MS);
  for (let i = 1 + rest.below(5); i > 0; i--) plan.actions.push(drawQuestion(someTime(), size, rest));
  // Faults that meet a flood are worth more than those that meet nothing: most come within a moment of a question.
  const questions = [...plan.actions];
  const trouble = (): number =>
    rest.chance(70) ? Math.max(0, rest.below(200) - 40 + questions[rest.word() % questions.length]!.atMs) : someTime();
  for (const what of FAULTS) if (often(30)) plan.actions.push(drawFault(what, trouble(), size, rest));
  if (hostileWorld) {
    for (let i = 1 + rest.below(6); i > 0; i--) {
      plan.actions.push(drawAttack(HOSTILE[rest.below(HOSTILE.length)]!, trouble(), size, rest));
    }
  }
  plan.actions.sort((one, other) => one.atMs - other.atMs);
  if (only) plan.actions = plan.actions.filter((_, i) => only.includes(i));
  return plan;
}

/** A random tree, a line, a ring or a star, and further links at random; now and then a link is one-way. */
function linksOf(size: number, random: Random): Plan['links'] {
  const shape = random.below(4);
  const more = Math.floor(random.unit() * size);
  const oneWayPercent = random.chance(50) ? 0 : 20;
  const degrees = new Array<number>(size).fill(0);
  const links: Plan['links'] = [];
  const taken = new Set<number>();
  const link = (from: number, to: number): void => {
    const id = Math.min(from, to) * size + Math.max(from, to);
    if (from === to || taken.has(id) || degrees[from]! >= NEIGHBOURS_MAX || degrees[to]! >= NEIGHBOURS_MAX) return;
    taken.add(id);
    degrees[from]!++;
    degrees[to]!++;
    links.push({ from, to, oneWay: random.chance(oneWayPercent) });
  };
  for (let servent = 1; servent < size; servent++) {
    if (shape < 2) link(servent - 1, servent);
    else if (shape === 2) link(Math.floor((servent - 1) / 3), servent);
    else link(random.below(servent), servent);
  }
  if (shape === 1) link(size - 1, 0);
  for (let i = 0; i < more; i++) link(random.below(size), random.below(size));
  return links;
}

/** Low enough to bite, high enough for one question at a time. */
function limitsOf(random: Random): Limits {
  const rate = (least: number): Rate => ({ perSecond: 0.5 + random.below(20), burst: least + random.below(10) });
  const perSecond = 200 + random.below(2000);
  return {
    questions: random.chance(20) ? { perSecond: 0, burst: 1 } : rate(2),
    answers: random.chance(20) ? { perSecond: 0, burst: 1 } : rate(2),
    bytes: random.chance(40) ? { perSecond: 0, burst: 1 } : { perSecond, burst: 150 + random.below(300) },
    strangers: random.chance(50) ? { perSecond: 2000, burst: 4000 } : { perSecond: 20, burst: 21 },
    strict: random.chance(20),
    onlyClients: random.chance(30),
    dryRun: random.chance(15),
  };
}
