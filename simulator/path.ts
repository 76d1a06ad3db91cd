/** What happens to datagrams on their way from one address to another. */

import type { Random } from './random';

/** How long one datagram is on its way: drawn anew for each, milliseconds. */
export type Delay = (random: Random) => number;

/** Every datagram is as long on its way. */
export function constant(ms: number): Delay {
  return () => ms;
}

/** Every delay between the two is as likely as another. */
export function uniform(minMs: number, maxMs: number): Delay {
  return (random) => minMs + random.unit() * (maxMs - minMs);
}

/** Many are short and a few very long: exponentially distributed with this mean. */
export function exponential(meanMs: number): Delay {
  return (random) => -Math.log(1 - random.unit()) * meanMs;
}

export interface Path {
  delay: Delay;
  lossPercent: number;
  /** Datagrams of a hundred that arrive twice, each copy with a delay of its own. */
  duplicatePercent: number;
  /** Datagrams of a hundred that are held back, so that later ones overtake them even where the delay is constant. */
  reorderPercent: number;
  /** How long those are held back at most, milliseconds. */
  reorderMs: number;
}

export const PERFECT_PATH: Path = {
  delay: constant(1),
  lossPercent: 0,
  duplicatePercent: 0,
  reorderPercent: 0,
  reorderMs: 0,
};

/** The path of each link of a topology: what the link says of itself goes before `elsewhere`. */
export function linkPaths(links: readonly { delayMs?: number; lossPercent?: number }[], elsewhere: Path): Path[] {
  return links.map(({ delayMs, lossPercent = elsewhere.lossPercent }) => ({
    ...elsewhere,
    lossPercent,
    delay: delayMs === undefined ? elsewhere.delay : constant(delayMs),
  }));
}
