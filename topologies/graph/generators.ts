/**
 * Makes overlays of well-known shapes, of any size that the limit of neighbours allows. Graph libraries were looked at: those
 * for JavaScript make neither regular, nor small-world, nor scale-free graphs, and none knows a limit of neighbours.
 */

import { usageError } from '../../shared/errors';
import { NEIGHBOURS_MAX } from '../../shared/wire/overlay/query';
import { Random } from '../../simulator/random';
import { type Graph, graphOf } from './graph';

export interface ShapeOptions {
  servents: number;
  /** What it counts depends on the kind; see `KINDS`. */
  degree: number;
  /** Decides what is left to chance. */
  seed: number;
}

/** What a person chose of it; the kind knows the rest. */
export type Sizes = { [Size in keyof ShapeOptions]?: ShapeOptions[Size] | undefined };

/** A shape: its links as pairs of servents numbered from 0. */
export interface Shape {
  size: number;
  from: number[];
  to: number[];
  oneWay: boolean;
  /** Of each link, where the shape has a say in it. */
  delaysMs?: number[];
}

export interface Kind {
  about: string;
  servents: number;
  /** Undefined where the shape leaves no choice. */
  degree?: { default: number; means: string };
  make: (options: ShapeOptions) => Shape;
}

/** In the order in which they are shown. */
export const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['line', { about: 'each knows the one before and the one behind', servents: 5, make: line }],
  ['ring', { about: 'a line whose ends know each other', servents: 6, make: ring }],
  ['star', { about: 'one in the middle knows all others', servents: 7, make: star }],
  [
    'tree',
    {
      about: 'a root, and children under each',
      servents: 15,
      degree: { default: 2, means: 'children of each' },
      make: tree,
    },
  ],
  ['grid', { about: 'rows and columns; up to four neighbours', servents: 16, make: grid }],
  ['mesh', { about: 'everybody knows everybody', servents: 6, make: mesh }],
  [
    'diamond',
    {
      about: 'a short slow way and a long fast one meet; who is behind is reached by the slow copy alone',
      servents: 6,
      make: diamond,
    },
  ],
  ['directed-ring', { about: 'each knows the next, and is not known to it', servents: 6, make: directedRing }],
  ['islands', { about: 'two rings joined by one link', servents: 12, make: islands }],
  [
    'random-regular',
    {
      about: 'random links, the same number at each',
      servents: 50,
      degree: { default: 4, means: 'neighbours of each' },
      make: randomRegular,
    },
  ],
  [
    'small-world',
    {
      about: 'a ring of near neighbours, one link of ten moved to a random far end (Watts and Strogatz)',
      servents: 100,
      degree: { default: 4, means: 'neighbours of each before links are moved, even' },
      make: smallWorld,
    },
  ],
  [
    'scale-free',
    {
      about: `newcomers prefer those who know many, until those know ${NEIGHBOURS_MAX} (Barabasi and Albert, capped)`,
      servents: 200,
      degree: { default: 2, means: 'links that each newcomer makes' },
      make: scaleFree,
    },
  ],
]);

/** Makes a shape. @throws OperatorError `usage` for a kind that does not exist, or sizes that it cannot have. */
export function generate(kind: string, options: Sizes): Shape {
  const found = KINDS.get(kind);
  if (!found) throw usageError(`expected a kind of overlay (${[...KINDS.keys()].join(', ')}), got "${kind}"`);
  if (options.degree !== undefined && !found.degree) throw usageError(`a ${kind} has no --degree to choose`);
  const { servents = found.servents, degree = found.degree?.default ?? 0, seed = 1 } = options;
  return found.make({ servents, degree, seed });
}

/** The graph of a shape. */
export function graphOfShape(shape: Shape): Graph {
  return graphOf({ ...shape, oneWay: () => shape.oneWay });
}

/** Neighbours kept while links are added and moved: at most NEIGHBOURS_MAX of each servent. */
class Neighbours {
  readonly #of: number[][];
  constructor(size: number) {
    this.#of = Array.from({ length: size }, () => []);
  }
  count(servent: number): number {
    return this.#of[servent]!.length;
  }
  canLink(a: number, b: number): boolean {
    return a !== b && this.count(a) < NEIGHBOURS_MAX && this.count(b) < NEIGHBOURS_MAX && !this.areLinked(a, b);
  }
  areLinked(a: number, b: number): boolean {
    return this.#of[a]!.includes(b);
  }
  link(a: number, b: number): void {
    this.#of[a]!.push(b);
    this.#of[b]!.push(a);
  }
  unlink(a: number, b: number): void {
    this.#of[a]!.splice(this.#of[a]!.indexOf(b), 1);
    this.#of[b]!.splice(this.#of[b]!.indexOf(a), 1);
  }
}

function shape(size: number, pairs: Iterable<readonly [number, number]>, oneWay = false): Shape {
  const made: Shape = { size, from: [], to: [], oneWay };
  for (const [from, to] of pairs) {
    made.from.push(from);
    made.to.push(to);
  }
  return made;
}

function range<T>(count: number, each: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => each(i));
}

function checkServents(kind: string, servents: number, min: number, max = Number.POSITIVE_INFINITY): void {
  if (servents >= min && servents <= max) return;
  const limit = max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`;
  const why = servents > max ? `: a servent knows at most ${NEIGHBOURS_MAX} others` : '';
  throw usageError(
    `expected ${limit} ${min === 1 && max === Number.POSITIVE_INFINITY ? 'servent' : 'servents'} for a ${kind}, got "${servents}"${why}`,
  );
}

function checkDegree(kind: string, degree: number, min: number, max: number, what = ''): void {
  if (degree >= min && degree <= max && Number.isInteger(degree)) return;
  throw usageError(`expected a --degree of ${min} to ${max}${what} for a ${kind} overlay, got "${degree}"`);
}

function line({ servents }: ShapeOptions): Shape {
  checkServents('line', servents, 1);
  return shape(
    servents,
    range(servents - 1, (i) => [i, i + 1]),
  );
}

function ring({ servents }: ShapeOptions): Shape {
  checkServents('ring', servents, 3);
  return shape(servents, ringPairs(0, servents));
}

function ringPairs(first: number, count: number): [number, number][] {
  return range(count, (i) => [first + i, first + ((i + 1) % count)]);
}

function directedRing({ servents }: ShapeOptions): Shape {
  checkServents('directed ring', servents, 2);
  return shape(servents, ringPairs(0, servents), true);
}

function star({ servents }: ShapeOptions): Shape {
  checkServents('star', servents, 2, NEIGHBOURS_MAX + 1);
  return shape(
    servents,
    range(servents - 1, (i) => [0, i + 1]),
  );
}

function tree({ servents, degree }: ShapeOptions): Shape {
  checkServents('tree', servents, 1);
  checkDegree('tree', degree, 1, NEIGHBOURS_MAX - 1);
  return shape(
    servents,
    range(servents - 1, (i) => [Math.floor(i / degree), i + 1]),
  );
}

/** Rows as long as the square root; the last may be shorter. */
function grid({ servents }: ShapeOptions): Shape {
  checkServents('grid', servents, 1);
  const columns = columnsOfGrid(servents);
  const right = range(servents, (i) => [i, i + 1] as const).filter(([, to]) => to < servents && to % columns !== 0);
  const down = range(servents, (i) => [i, i + columns] as const).filter(([, to]) => to < servents);
  return shape(servents, [...right, ...down]);
}

/** How many servents a grid has in a row. */
export function columnsOfGrid(servents: number): number {
  return Math.ceil(Math.sqrt(servents));
}

function mesh({ servents }: ShapeOptions): Shape {
  checkServents('full mesh', servents, 1, NEIGHBOURS_MAX + 1);
  return shape(servents, allPairs(servents));
}

/**
 * From servent 0 to servent 4 there are two hops over servent 1, slow, and three over 2 and 3, fast. The fast copy reaches 4
 * with its last hop; only the slow one can go on to those behind.
 */
function diamond({ servents }: ShapeOptions): Shape {
  const CORNERS = 5;
  const SLOW_MS = 40;
  const FAST_MS = 5;
  // The far corner has two neighbours in the diamond.
  checkServents('diamond', servents, CORNERS + 1, CORNERS + NEIGHBOURS_MAX - 2);
  const slow = [
    [0, 1],
    [1, 4],
  ] as const;
  const fast = [
    [0, 2],
    [2, 3],
    [3, 4],
  ] as const;
  const behind = range(servents - CORNERS, (i) => [4, CORNERS + i] as const);
  const links = [...slow, ...fast, ...behind];
  return { ...shape(servents, links), delaysMs: links.map((_, i) => (i < slow.length ? SLOW_MS : FAST_MS)) };
}

function islands({ servents }: ShapeOptions): Shape {
  checkServents('pair of islands', servents, 6);
  const first = Math.ceil(servents / 2);
  return shape(servents, [...ringPairs(0, first), ...ringPairs(first, servents - first), [0, first]]);
}

/**
 * Joins loose ends in random order; a pair that would link a servent to itself, or twice to the same, trades its ends with a
 * link already made (McKay and Wormald's switchings). It is connected but for bad luck from degree 3 on.
 */
function randomRegular({ servents, degree, seed }: ShapeOptions): Shape {
  checkServents('random regular overlay', servents, 1);
  checkDegree('random-regular', degree, 0, Math.min(NEIGHBOURS_MAX, servents - 1));
  if ((servents * degree) % 2 === 1) {
    throw usageError(`expected an even number of ends, got "${servents}" servents of --degree ${degree}`);
  }
  const random = new Random(seed);
  // Where most are linked, what is not linked is the easier graph to draw.
  if (degree > (servents - 1) / 2) return complement(drawRegular(servents, servents - 1 - degree, random));
  return drawRegular(servents, degree, random);
}

function drawRegular(servents: number, degree: number, random: Random): Shape {
  const SWITCHES_MAX = 10_000;
  for (;;) {
    const ends = new Uint32Array(servents * degree).map((_, i) => Math.floor(i / degree));
    random.shuffle(ends);
    const known = new Neighbours(servents);
    const made = shape(servents, []);
    const left: [number, number][] = [];
    for (let i = 0; i < ends.length; i += 2) {
      const [a, b] = [ends[i]!, ends[i + 1]!];
      if (a === b || known.areLinked(a, b)) left.push([a, b]);
      else addLink(made, known, a, b);
    }
    if (left.every(([a, b]) => switchIn(made, known, a, b, random, SWITCHES_MAX))) return made;
  }
}

function addLink(made: Shape, known: Neighbours, a: number, b: number): void {
  known.link(a, b);
  made.from.push(a);
  made.to.push(b);
}

/** Gives two loose ends a partner each, the ends of a link that is cut for it; false when no such link was found. */
function switchIn(made: Shape, known: Neighbours, a: number, b: number, random: Random, triesMax: number): boolean {
  for (let tries = 0; tries < triesMax && made.from.length > 0; tries++) {
    const link = random.below(made.from.length);
    const [c, d] = [made.from[link]!, made.to[link]!];
    if (a === c || b === d || known.areLinked(a, c) || known.areLinked(b, d)) continue;
    known.unlink(c, d);
    known.link(a, c);
    made.from[link] = a;
    made.to[link] = c;
    addLink(made, known, b, d);
    return true;
  }
  return false;
}

function complement(of: Shape): Shape {
  const absent = new Set(of.from.map((from, link) => pairId(from, of.to[link]!, of.size)));
  const present = allPairs(of.size).filter(([a, b]) => !absent.has(pairId(a, b, of.size)));
  return shape(of.size, present);
}

function allPairs(size: number): [number, number][] {
  return range(size, (a) => range(size - a - 1, (i): [number, number] => [a, a + 1 + i])).flat();
}

function pairId(a: number, b: number, size: number): number {
  return Math.min(a, b) * size + Math.max(a, b);
}

function smallWorld({ servents, degree, seed }: ShapeOptions): Shape {
  const MOVED_PERCENT = 10;
  checkServents('small world', servents, 4);
  checkDegree('small-world', degree, 2, Math.min(NEIGHBOURS_MAX, servents - 2), ', even,');
  if (degree % 2 === 1) throw usageError(`expected an even --degree for a small-world overlay, got "${degree}"`);
  const random = new Random(seed);
  const made = shape(servents, []);
  const known = new Neighbours(servents);
  for (let step = 1; step <= degree / 2; step++) {
    for (let i = 0; i < servents; i++) addLink(made, known, i, (i + step) % servents);
  }
  for (let link = 0; link < made.from.length; link++) {
    if (!random.chance(MOVED_PERCENT)) continue;
    const [from, to] = [made.from[link]!, made.to[link]!];
    const far = random.below(servents);
    // A move that a limit forbids is left out.
    known.unlink(from, to);
    const end = known.canLink(from, far) ? far : to;
    known.link(from, end);
    made.to[link] = end;
  }
  return made;
}

function scaleFree({ servents, degree, seed }: ShapeOptions): Shape {
  // Each link adds two ends: above half the limit no room would be left for newcomers.
  checkDegree('scale-free', degree, 1, NEIGHBOURS_MAX / 2 - 1);
  checkServents('scale-free overlay', servents, degree + 1);
  const random = new Random(seed);
  const made = shape(servents, []);
  const known = new Neighbours(servents);
  /** A servent stands here once for each of its links: drawing one prefers those who know many. */
  const ends: number[] = [];
  for (const [a, b] of allPairs(degree + 1)) {
    addLink(made, known, a, b);
    ends.push(a, b);
  }
  for (let newcomer = degree + 1; newcomer < servents; newcomer++) {
    const chosen: number[] = [];
    while (chosen.length < degree) {
      const other = ends[random.below(ends.length)]!;
      if (!known.canLink(newcomer, other)) continue;
      addLink(made, known, newcomer, other);
      chosen.push(other);
    }
    for (const other of chosen) ends.push(newcomer, other);
  }
  return made;
}
