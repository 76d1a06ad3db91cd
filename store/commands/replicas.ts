/** Commands that speak to running replicas: what they say of themselves, what is put into them, who is made to lead. */

import { createInterface } from 'node:readline';
import { OperatorError } from '../../shared/errors';
import { escapeText } from '../../shared/escape';
import type { Streams } from '../../shared/program/run-main';
import { tableLines } from '../../shared/program/table';
import type { Status } from '../../shared/wire/documents';
import { connectClient, type Schema, type StoredDocument } from '../../store-client/index';
import { forceTakeover } from '../greeting';
import { importOperations } from '../offline/transfer';
import type { AddressOptions } from '../options';

/** How long a replica may take to say what it is, milliseconds: one that is stopped says nothing. */
const STATUS_MS = 2000;
/** Documents on their way at once. */
const AT_ONCE = 64;

/** What one replica said, or why it said nothing. */
type Said = { address: string; status: Status } | { address: string; silent: string };

/** A table of all replicas that one of them knows. */
export async function printStatus({ address, json }: AddressOptions, streams: Streams): Promise<number> {
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
  if (json) for (const said of all) streams.out(JSON.stringify({ event: 'status', ...said }));
  else tableLines([HEADING, ...all.map((said) => rowOf(said, all))]).forEach(streams.out);
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
export async function importAll({ address, json }: AddressOptions, streams: Streams): Promise<number> {
  await using client = await connectClient(address);
  const there = await client.describe();
  let [collections, documents] = [0, 0];
  const underWay = new Set<Promise<unknown>>();
  const lines = createInterface({ input: streams.input, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const [name, collection, content] of importOperations(lines, 'standard input')) {
    if (name === 'create') {
      if (Object.hasOwn(there, collection as string)) continue;
      await client.create(collection as string, content as Schema);
      collections++;
      continue;
    }
    const inserted = client.insert(collection as string, content as StoredDocument);
    underWay.add(inserted);
    // Whoever awaits it is told; nobody else need be.
    inserted.then(
      () => underWay.delete(inserted),
      () => {},
    );
    documents++;
    if (underWay.size >= AT_ONCE) await Promise.race(underWay);
  }
  await Promise.all(underWay);
  const said = `imported ${documents} documents, and made ${collections} collections`;
  streams.out(json ? JSON.stringify({ event: 'imported', documents, collections }) : said);
  return 0;
}

/** Makes a replica lead whoever is in sync, or says what that would lose. */
export async function takeOver({ address, json, force }: AddressOptions, streams: Streams): Promise<number> {
  const said = await statusOf(address);
  if ('silent' in said) throw new OperatorError('unreachable', said.silent);
  const { role, position, epoch, inSync } = said.status;
  const others = inSync.filter((member) => member !== address).join(', ') || 'nobody else';
  const loss = `${address} is a ${role} with all up to entry ${position}, in epoch ${epoch}; in sync by its knowledge: ${others}. Whatever they confirmed and it has not is lost for good`;
  if (!force) throw new OperatorError('refused', `expected --force, got none: ${loss}`);
  await forceTakeover(address);
  streams.out(json ? JSON.stringify({ event: 'takeover', address, position, epoch }) : `${loss}. It leads now`);
  return 0;
}
