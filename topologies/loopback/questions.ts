/** Which questions are put to a running overlay to hold it against the prediction, and what must come of each. */

import { answerers, hopsFrom } from '../graph/reach';
import { graphOfTopology, type Topology } from '../graph/topology';

/** A key that no file of real data has, held by all servents; `marker-of-NAME` is held by that one alone. */
export const HELD_BY_ALL = 'marker-of-all';

/** The key that a servent alone holds. */
export function markerOf(name: string): string {
  return `marker-of-${name}`;
}

/** A question put to the servent of a name. */
export interface Question {
  at: string;
  key: string;
  /** Who must answer, and nobody else: names in the topology's order. */
  expected: string[];
}

/** Servents up to which each is asked for every key. */
const EVERY_KEY_MAX = 12;

/** Is every servent asked for every key? */
export function asksEveryKey({ servents }: Topology): boolean {
  return servents.length <= EVERY_KEY_MAX;
}

/**
 * In a small overlay each servent is asked for every key. In a large one each is asked for the key that all hold: the answers
 * tell exactly whom a question reaches from there, so that no further question could say more of any link. And each servent's
 * own key is asked for once, as far away as it can be heard: those between hold nothing, and pass the question on.
 */
export function questionsFor(topology: Topology): Question[] {
  const graph = graphOfTopology(topology);
  const names = topology.servents.map(({ name }) => name);
  const ask = (at: number, key: string, holds: (servent: number) => boolean): Question => ({
    at: names[at]!,
    key,
    expected: answerers(graph, at, holds).map((servent) => names[servent]!),
  });
  const askOwnKey = (at: number, holder: number) => ask(at, markerOf(names[holder]!), (servent) => servent === holder);
  const contacts = asksEveryKey(topology) ? names.map(() => names.map((_, at) => at)) : farthestContacts(topology);
  return names.flatMap((_, servent) => [
    ask(servent, HELD_BY_ALL, () => true),
    ...contacts[servent]!.map((at) => askOwnKey(at, servent)),
  ]);
}

/** For each servent, one of those as far from it as its key can be asked for: with many of them, not the same for all. */
function farthestContacts(topology: Topology): number[][] {
  const graph = graphOfTopology(topology);
  const size = topology.servents.length;
  const farthest = Array.from({ length: size }, () => ({ hops: -1, contacts: [] as number[] }));
  for (let contact = 0; contact < size; contact++) {
    for (const [holder, hops] of hopsFrom(graph, contact)) {
      const found = farthest[holder]!;
      if (hops > found.hops) farthest[holder] = { hops, contacts: [contact] };
      else if (hops === found.hops) found.contacts.push(contact);
    }
  }
  return farthest.map(({ contacts }, holder) => [contacts[holder % contacts.length]!]);
}
