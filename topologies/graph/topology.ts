/** An overlay as a file: which servents there are, which key-value file each loads, who is linked to whom, and how well. */

import { readFileSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { fileError, OperatorError } from '../../shared/errors';
import { NEIGHBOURS_MAX } from '../../shared/wire/overlay/query';
import { type Graph, graphOf } from './graph';

/** A servent of an overlay. */
export interface TopologyServent {
  name: string;
  /** Path of its key-value file: absolute here, relative to the topology's own file when written. */
  file: string;
}

/** A link between two servents. */
export interface TopologyLink {
  from: string;
  to: string;
  /** Only `from` knows `to`. */
  oneWay?: boolean;
  /** Of one datagram, one way, milliseconds. */
  delayMs?: number;
  lossPercent?: number;
}

/** An overlay. */
export interface Topology {
  name: string;
  /** One sentence. */
  about: string;
  servents: TopologyServent[];
  links: TopologyLink[];
}

/** Reads and checks a topology file. @throws OperatorError `file` when it cannot be read, `topology` that names it and the offending word. */
export function loadTopology(path: string): Topology {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fileError('a topology file', path, cause);
  }
  return parseTopology(text, path);
}

/** Checks a topology's text; `path` names it in errors, and file paths in it are relative to its folder. @throws OperatorError `topology` */
export function parseTopology(text: string, path: string): Topology {
  const topology = check(parseJson(text, path), basename(path));
  const folder = dirname(resolve(path));
  for (const servent of topology.servents) servent.file = resolve(folder, servent.file);
  return topology;
}

/** The text of a topology's file, one servent or link a line, with paths relative to `folder`; `schema` is the schema's. */
export function formatTopology(topology: Topology, folder: string, schema?: string): string {
  const json = (value: unknown) => JSON.stringify(value);
  // Blanks within a line as a person would write them; strings are left alone.
  const item = (value: object) =>
    `    { ${Object.entries(value)
      .map(([key, part]) => `"${key}": ${json(part)}`)
      .join(', ')} }`;
  const list = (items: object[]) => (items.length === 0 ? '[]' : `[\n${items.map(item).join(',\n')}\n  ]`);
  const servents = topology.servents.map(({ name, file }) => ({
    name,
    file: relative(folder, file).split(sep).join('/'),
  }));
  const fields = [
    ...(schema === undefined ? [] : [['$schema', json(schema)]]),
    ['name', json(topology.name)],
    ['about', json(topology.about)],
    ['servents', list(servents)],
    ['links', list(topology.links)],
  ];
  return `{\n${fields.map(([key, value]) => `  "${key}": ${value}`).join(',\n')}\n}\n`;
}

/** Who knows whom. Servents have the numbers of their places in the file, links too. */
export function graphOfTopology({ servents, links }: Topology): Graph {
  const index = new Map(servents.map(({ name }, i) => [name, i]));
  return graphOf({
    size: servents.length,
    from: links.map(({ from }) => index.get(from)!),
    to: links.map(({ to }) => index.get(to)!),
    oneWay: (link) => links[link]!.oneWay === true,
  });
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new OperatorError('topology', `${basename(path)}: expected JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Holds a parsed file to topology.schema.json and to what a schema cannot say. */
function check(json: unknown, file: string): Topology {
  const fail = (message: string): never => {
    throw new OperatorError('topology', `${file}: ${message}`);
  };
  const root = checkObject(json, 'the topology', { $schema: 'string?', name: 'string', about: 'string', servents: 'array', links: 'array' }, fail); // biome-ignore format: one table
  const servents = (root.servents as unknown[]).map(
    (servent, i) => checkObject(servent, `servents[${i}]`, { name: 'string', file: 'string' }, fail) as unknown as TopologyServent, // biome-ignore format: one table
  );
  const links = (root.links as unknown[]).map(
    (link, i) => checkObject(link, `links[${i}]`, { from: 'string', to: 'string', oneWay: 'boolean?', delayMs: 'number?', lossPercent: 'number?' }, fail) as unknown as TopologyLink, // biome-ignore format: one table
  );
  if (servents.length === 0) fail('expected at least one servent');
  checkNames(servents, fail);
  checkLinks(servents, links, fail);
  return { name: root.name as string, about: root.about as string, servents, links };
}

type Fail = (message: string) => never;

/** `types` says of each property what it is; a question mark makes it optional. Others are refused. */
function checkObject(value: unknown, what: string, types: Record<string, string>, fail: Fail): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(`expected an object for ${what}, got ${JSON.stringify(value)}`);
  }
  const object = value as Record<string, unknown>;
  for (const key of Object.keys(object)) {
    if (!Object.hasOwn(types, key)) fail(`${what} has an unknown property "${key}"`);
  }
  for (const [key, type] of Object.entries(types)) {
    const property = Object.hasOwn(object, key) ? object[key] : undefined;
    if (property === undefined && type.endsWith('?')) continue;
    const expected = type.replace('?', '');
    const got = Array.isArray(property) ? 'array' : typeof property;
    if (property === undefined) fail(`${what} lacks "${key}"`);
    if (got !== expected)
      fail(`expected ${article(expected)} for "${key}" of ${what}, got ${JSON.stringify(property)}`);
    if (property === '') fail(`expected a text for "${key}" of ${what}, got ""`);
  }
  return object;
}

function article(noun: string): string {
  return `${noun === 'array' ? 'an' : 'a'} ${noun}`;
}

function checkNames(servents: readonly TopologyServent[], fail: Fail): void {
  const names = new Set<string>();
  for (const { name } of servents) {
    if (!NAME.test(name)) fail(`expected a servent's name of letters, digits, ".", "_" and "-", got "${name}"`);
    if (names.has(name)) fail(`two servents have the name "${name}"`);
    names.add(name);
  }
}

function checkLinks(servents: readonly TopologyServent[], links: readonly TopologyLink[], fail: Fail): void {
  const knows = new Map(servents.map(({ name }) => [name, new Set<string>()]));
  const add = (from: string, to: string) => {
    const known = knows.get(from)!;
    if (known.has(to)) fail(`the link from "${from}" to "${to}" is there twice`);
    known.add(to);
    if (known.size > NEIGHBOURS_MAX)
      fail(`"${from}" has more than ${NEIGHBOURS_MAX} neighbours: "${to}" is one too many`);
  };
  for (const [i, { from, to, oneWay, delayMs = 0, lossPercent = 0 }] of links.entries()) {
    for (const end of [from, to]) if (!knows.has(end)) fail(`links[${i}] names "${end}", which is no servent`);
    if (from === to) fail(`links[${i}] links "${from}" to itself`);
    if (delayMs < 0) fail(`expected a delayMs of 0 or more in links[${i}], got ${delayMs}`);
    if (lossPercent < 0 || lossPercent > 100)
      fail(`expected a lossPercent of 0 to 100 in links[${i}], got ${lossPercent}`);
    add(from, to);
    if (!oneWay) add(to, from);
  }
}
