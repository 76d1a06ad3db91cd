/** Finds the overlay that a person means by a word: a file, the name of one that comes with the package, or a kind to make. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '../../shared/errors';
import { packageFolder } from '../../shared/program/package-folder';
import { generate, KINDS, type Shape, type Sizes } from './generators';
import { loadTopology, type Topology } from './topology';

const FOLDER = join(packageFolder(), 'topologies');

/** Key-value files for generated overlays, dealt out in rotation: the demo's five first, then files whose keys nobody else holds. */
const FILES = [
  'services-well-known',
  'services-debian',
  'languages',
  'services-udp',
  'services-iana',
  'protocols',
  'http-status',
  'media-types',
  'countries',
  'currencies',
].map((name) => join(packageFolder(), 'fixtures', `${name}.txt`));

/** Names of those that come with the package. */
export function shippedTopologies(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json') && file !== 'topology.schema.json')
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** Loads one that comes with the package, whatever files of that name the current folder has. */
export function loadShipped(name: string): Topology {
  return loadTopology(join(FOLDER, `${name}.json`));
}

/**
 * The overlay that a word names. A number of servents or a degree asks for one made to order, even where one of that name
 * comes with the package.
 * @throws OperatorError `usage` for a word that names none or sizes that cannot be, `topology` for a faulty file.
 */
export function findTopology(word: string, sizes: Sizes = {}): Topology {
  if (sizes.servents !== undefined || sizes.degree !== undefined) return topologyOf(word, generate(word, sizes));
  // A folder that happens to have the name of an overlay is not meant; a pipe is.
  if (existsSync(word) && !statSync(word).isDirectory()) return loadTopology(word);
  if (shippedTopologies().includes(word)) return loadShipped(word);
  if (KINDS.has(word)) return topologyOf(word, generate(word, sizes));
  throw usageError(
    `expected a topology file, or one of ${[...new Set([...shippedTopologies(), ...KINDS.keys()])].join(', ')}; got "${word}"`,
  );
}

/** Gives a shape names and files. */
export function topologyOf(kind: string, shape: Shape): Topology {
  return {
    name: kind,
    about: `A ${kind} overlay of ${shape.size}: ${KINDS.get(kind)!.about}.`,
    servents: Array.from({ length: shape.size }, (_, i) => ({
      name: serventName(i),
      file: FILES[i % FILES.length]!,
    })),
    links: shape.from.map((from, link) => ({
      from: serventName(from),
      to: serventName(shape.to[link]!),
      ...(shape.oneWay ? { oneWay: true } : {}),
      ...(shape.delaysMs ? { delayMs: shape.delaysMs[link]! } : {}),
    })),
  };
}

function serventName(index: number): string {
  return `s${index + 1}`;
}
