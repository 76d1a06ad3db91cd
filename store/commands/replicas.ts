/** Commands that speak to running replicas: what they say of themselves, what is put into them, who is made to lead. */

import { createInterface } from 'node:readline';
import { OperatorError } from '../../shared/errors';
import { escapeText } from '../../shared/escape';
import type { Io } from '../../shared/program/run-main';
import { tableLines } from '../../shared/program/table';
import type { Status } from '../../shared/wire/documents';
import type { Json } from '../../shared/wire/json';
import { connectClient, type Schema } from '../../store-client/index';
import { forceTakeover } from '../greeting';
import type { AddressOptions } from '../options';

/** How long a replica may take to say what it is, milliseconds: one that is stopped says nothing. */
const STATUS_MS = 2000;
/** Documents on their way at once. */
const AT_ONCE = 64;

/** What one replica said, or why it said nothing. */
type Said = { address: string; status: Status } | { address: string; silent: string };

/** A table of all replicas that one of them knows. */
export async function printStatus({ address, json }: AddressOptions, io: Io): Promise<number> {
  const first = await statusOf(address);
  if ('silent' in first) throw new OperatorError('unreachable', first.silent);
  const { leader, members, inSync } = first.status;
  const others = new Set([...(leader === null ? [] : [leader]), ...members, ...inSync]);
  others.delete(address);
  const all = [first, ...(await Promise.all([...others].map(statusOf)))];
  // The leader knows of all that join.
  const known = all.flatMap((said) => ('status' in said ? said.status.members : []));
  const late = [...new Set(known)].filter((member) => !all.some((said) => said.address === member));
  all.push(...(await Promise.all(late.map(statusOf))));
  all.sort((a, b) => (a.address < b.address ? -1 : 1));
  if (json) for (const said of all) io.out(JSON.stringify({ event: 'status', ...said }));
  else tableLines([HEADING, ...all.map((said) => rowOf(said, all))]).forEach(io.out);
  return 0;
}

const HEADING = ['replica', 'role', 'in sync', 'epoch', 'position', 'lag', 'version'];

function rowOf(said: Said, all: readonly Said[]): string[] {
  const address = escapeText(said.address);
  if ('silent' in said) return [address, 'silent'];
  const { role, epoch, position, lag, version } = said.status;
  // Who leads knows best who is in sync.
  const leader = all.find((one) => 'status' in one && one.status.role === 'leader') ?? said;
  const isIn = 'status' in leader && leader.status.inSync.includes(said.address);
  return [address, role, isIn ? 'yes' : 'no', String(epoch), String(position), String(lag), escapeText(version)];
}

async function statusOf(address: string): Promise<Said> {
  try {
    await using client = await connectClient(address, { timeoutMs: STATUS_MS });
    return { address, status: await client.status() };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { address, silent: error.message };
  }
}

/** Puts the lines of an export into a store: collections that it has not, documents under their own identity. */
export async function importAll({ address, json }: AddressOptions, io: Io): Promise<number> {
  await using client = await connectClient(address);
  const there = await client.describe();
  let collection = '';
  let [collections, documents, number] = [0, 0, 0];
  const underWay = new Set<Promise<unknown>>();
  for await (const line of createInterface({ input: io.input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === '') continue;
    const [kind, first, second] = lineOf(line, number);
    if (kind === 'collection' && typeof first === 'string') {
      await Promise.all(underWay);
      collection = first;
      if (Object.hasOwn(there, collection)) continue;
      await client.create(collection, second as Schema);
      collections++;
    } else if (kind === 'document' && collection !== '') {
      const inserted = client
        .insert(collection, first as Record<string, Json>)
        .finally(() => underWay.delete(inserted));
      inserted.catch(() => {});
      underWay.add(inserted);
      documents++;
      if (underWay.size >= AT_ONCE) await Promise.race(underWay);
    } else throw lineError(number, line);
  }
  await Promise.all(underWay);
  const said = `imported ${documents} documents, and made ${collections} collections`;
  io.out(json ? JSON.stringify({ event: 'imported', documents, collections }) : said);
  return 0;
}

function lineOf(line: string, number: number): [Json, Json?, Json?] {
  try {
    const value = JSON.parse(line) as Json;
    if (Array.isArray(value)) return value as unknown as [Json, Json?, Json?];
  } catch {
    // Told below.
  }
  throw lineError(number, line);
}

function lineError(number: number, line: string): OperatorError {
  const shown = line.length > 60 ? `${line.slice(0, 60)}...` : line;
  return new OperatorError('file', `expected a collection or a document of an export in line ${number}, got ${shown}`);
}

/** Makes a replica lead whoever is in sync, or says what that would lose. */
export async function takeOver({ address, json, force }: AddressOptions, io: Io): Promise<number> {
  const said = await statusOf(address);
  if ('silent' in said) throw new OperatorError('unreachable', said.silent);
  const { role, position, epoch, inSync } = said.status;
  const others = inSync.filter((member) => member !== address).join(', ') || 'nobody else';
  const loss = `${address} is a ${role} with all up to entry ${position}, in epoch ${epoch}; in sync by its knowledge: ${others}. Whatever they confirmed and it has not is lost for good`;
  if (!force) throw new OperatorError('refused', `expected --force, got none: ${loss}`);
  await forceTakeover(address);
  io.out(json ? JSON.stringify({ event: 'takeover', address, position, epoch }) : `${loss}. It leads now`);
  return 0;
}
