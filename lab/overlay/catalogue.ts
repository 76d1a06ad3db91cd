/** The overlays that the page offers: those that come with the package, and the kinds that can be made in any size. */

import { loadShipped, shippedTopologies } from '../../topologies/graph/catalogue';
import { KINDS } from '../../topologies/graph/generators';
import type { CatalogueEntry } from '../view';

/** All of them, each name once. */
export function catalogue(): CatalogueEntry[] {
  const kinds = [...KINDS].map(([name, { about, servents }]) => ({ name, about, servents, sizes: true }));
  const shipped = shippedTopologies()
    .filter((name) => !KINDS.has(name))
    .map((name) => {
      const { about, servents } = loadShipped(name);
      return { name, about, servents: servents.length, sizes: false };
    });
  return [...kinds, ...shipped];
}
