/** What attached servents tell of themselves, and the links that follow from whom each knows. */

import type { ServentStatus } from '../../servent/status';
import { isLoopback } from '../../shared/address-classes';
import { ipOf, parseEndpoint } from '../../shared/endpoint';
import type { LinkView } from '../view';

/** A servent that tells over HTTP what it knows. */
export interface Attached {
  name: string;
  url: URL;
  /** What it said last. */
  status: ServentStatus | undefined;
  /** Did it answer when it was looked at last? */
  up: boolean;
}

/** One that does not answer within this time says nothing, milliseconds. */
const ANSWER_MS = 2000;

/** Asks a servent for its status; undefined where none comes. */
export async function readStatus(url: URL, closing: AbortSignal): Promise<ServentStatus | undefined> {
  try {
    const signal = AbortSignal.any([closing, AbortSignal.timeout(ANSWER_MS)]);
    const response = await fetch(new URL('/status', url), { signal, redirect: 'error' });
    const status: unknown = response.ok ? await response.json() : undefined;
    return isStatus(status) ? status : undefined;
  } catch {
    // Nobody there, too slow, or no JSON: it says nothing.
    return undefined;
  }
}

/** The `ip:port` under which a servent can be asked from here: on the host that its HTTP is on, as far as it says. */
export function addressToAsk({ hostname }: URL, { address, addresses }: ServentStatus): string {
  const onHost = addresses.find((one) => one.startsWith(`${hostname}:`));
  if (onHost !== undefined || isLoopbackName(hostname)) return onHost ?? address;
  return addresses.find((one) => !isOnLoopback(one)) ?? address;
}

/** Who knows whom, each link once. Neighbours that are not attached are not among them. */
export function linksOf(servents: readonly Attached[]): LinkView[] {
  const links: LinkView[] = [];
  for (const one of servents) {
    for (const neighbour of one.status?.neighbours ?? []) {
      const other = servents.find((servent) => isNamed(servent, neighbour, one));
      if (!other || other === one) continue;
      const back = links.find(({ from, to }) => from === other.name && to === one.name);
      if (back) back.oneWay = false;
      else links.push({ from: one.name, to: other.name, up: true, oneWay: true, lossPercent: 0, delayMs: null });
    }
  }
  return links;
}

/** An address on loopback means a servent of the same host only. */
function isNamed({ url, status }: Attached, neighbour: string, by: Attached): boolean {
  if (!status?.addresses.includes(neighbour)) return false;
  return !isOnLoopback(neighbour) || url.hostname === by.url.hostname;
}

function isOnLoopback(address: string): boolean {
  const endpoint = parseEndpoint(address);
  return endpoint !== undefined && isLoopback(ipOf(endpoint));
}

function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** What is looked at here has the form that it should have; strangers may say anything. */
function isStatus(value: unknown): value is ServentStatus {
  if (typeof value !== 'object' || value === null) return false;
  const { address, addresses, neighbours, keys, seen, received, handled, dropped } = value as Partial<ServentStatus>;
  return (
    isAddress(address) &&
    [addresses, neighbours].every((list) => Array.isArray(list) && list.every(isAddress)) &&
    [keys, seen].every((count) => typeof count === 'number') &&
    [received, handled, dropped].every(isCounts)
  );
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && parseEndpoint(value) !== undefined;
}

function isCounts(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((count) => typeof count === 'number');
}
