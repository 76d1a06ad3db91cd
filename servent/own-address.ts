/** Which of this machine's addresses is whose: the one a far servent sees us under, and whether an address is ours at all. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { isLoopback, isPrivate } from '../shared/address-classes';
import { type Endpoint, formatIp, ipOf, parseIp, portOf } from '../shared/endpoint';
import { isSystemError } from '../shared/errors';

/**
 * The local address that datagrams to `peer` leave from, found by asking the system for a route; nothing is sent.
 * Undefined when there is no route.
 */
export async function ownIpTowards(peer: Endpoint): Promise<number | undefined> {
  const socket = createSocket('udp4');
  try {
    const connected = once(socket, 'connect');
    socket.connect(portOf(peer), formatIp(ipOf(peer)));
    await connected;
    return parseIp(socket.address().address);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  } finally {
    socket.close();
  }
}

/** Does this machine receive what is sent to this address? */
export function isOwnIp(ip: number): boolean {
  return isLoopback(ip) || ownIps().includes(ip);
}

/** The addresses under which a socket bound to this one can be reached, loopback last. */
export function reachableIps(bound: number): number[] {
  if (bound !== 0) return [bound];
  const ips = [...new Set(ownIps())];
  return [...ips.filter((ip) => !isLoopback(ip)), ...ips.filter(isLoopback)];
}

/** This machine's own addresses on the public internet. */
export function publicAddresses(): string[] {
  return ownIps()
    .filter((ip) => !isLoopback(ip) && !isPrivate(ip))
    .map(formatIp);
}

function ownIps(): number[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ family }) => family === 'IPv4').map(({ address }) => parseIp(address) ?? 0),
  );
}
