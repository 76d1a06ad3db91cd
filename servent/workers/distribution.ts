/**
 * Which worker of a servent a datagram belongs to: the client's port decides, in the CLIREQ that asks and in every copy of the
 * QUERY made of it. So all of a query meets the memory of one worker, whoever it comes from, and a client meets one counter of
 * sequence numbers. Its address could not decide: a loopback client's is another one to far servents (specification, section 4).
 *
 * The kernel obeys the same function, as a program (`socket-program.ts`), and workers check what comes to them: a group of
 * datagrams of one neighbour is given to one socket whole, by the first of them.
 */

import { type Endpoint, portOf } from '../../shared/endpoint';
import { typeOf } from '../../shared/wire/overlay/header';
import { CLIENT_PORT_OFFSET, QUERY } from '../../shared/wire/overlay/query';

/** Most workers: more cores than a flood has use for. */
export const WORKERS_MAX = 64;

/** 2^32 by the golden ratio: the upper half of a product spreads ports that lie in a row, or are all even, over all workers. */
export const PORT_FACTOR = 0x9e37_79b1;
/** Takes the upper half of the product. */
export const PORT_SHIFT = 16;

/** The worker, from 0, that a datagram from this sender belongs to; one too short to tell is the first one's. */
export function workerOf(datagram: Uint8Array, from: Endpoint, workers: number): number {
  if (datagram.length < TYPE_END) return 0;
  if (typeOf(datagram) !== QUERY) return workerOfPort(portOf(from), workers);
  if (datagram.length < CLIENT_PORT_END) return 0;
  return workerOfPort((datagram[CLIENT_PORT_OFFSET]! << 8) | datagram[CLIENT_PORT_OFFSET + 1]!, workers);
}

/**
 * The socket, from 0, that a datagram should arrive at: each worker has one for everybody, and behind those each has one for
 * the neighbours, so that a flood from elsewhere fills no buffer of theirs.
 */
export function socketOf(
  datagram: Uint8Array,
  from: Endpoint,
  workers: number,
  neighbours: readonly Endpoint[],
): number {
  const tells = datagram.length >= (typeOf(datagram) === QUERY ? CLIENT_PORT_END : TYPE_END);
  return workerOf(datagram, from, workers) + (tells && neighbours.includes(from) ? workers : 0);
}

const TYPE_END = 2;
const CLIENT_PORT_END = CLIENT_PORT_OFFSET + 2;

function workerOfPort(port: number, workers: number): number {
  return (Math.imul(port, PORT_FACTOR) >>> PORT_SHIFT) % workers;
}
