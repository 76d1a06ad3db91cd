/**
 * The two sockets of a port: one that hears and is watched, and one that speaks. Each datagram that leaves a watched socket wakes
 * its watcher in vain, and one that may be broken into fragments costs the system a number of its own: two reasons why
 * answers leave from a socket that nobody watches and that breaks nothing.
 *
 * Which of two sockets on a port hears what comes is written nowhere: Linux gives it to the one bound last. So that is tried each
 * time, and where it is not so, or not to be found out, one socket does both.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointOf, ipOf, portOf } from '../endpoint';
import { isSystemError } from '../errors';
import { type Libc, MSG_DONTWAIT } from './libc';
import { SOCKADDR_BYTES, sockaddrOf } from './message-layout';
import type { TransportOptions } from './transport';
import { bindTo, bindUdpSocket, localOf, openUdpSocket, refuseFragments, setReuseAddress } from './udp-socket';

export interface PortSockets {
  /** What comes to the port comes here. It may break what leaves from it into fragments. */
  readonly receiver: number;
  /** Hears nothing and, as far as the system allows, breaks nothing. The same as `receiver` where one does both. */
  readonly sender: number;
}

/** What the sender says to the receiver, bytes: nobody else guesses it. */
const WORD_BYTES = 16;

/** Loopback delivers at once, on a busy machine within some milliseconds; datagrams of others may come first. */
const TRIES_MAX = 100;
const RETRY_MS = 1;

/** 127.0.0.1: what is bound to all addresses hears it too. */
const LOOPBACK_IP = 0x7f00_0001;

/** Opens the sockets of a port that is bound as the options say, to nobody else's. @throws the system's error */
export async function openPortSockets(libc: Libc, options: TransportOptions): Promise<PortSockets> {
  const sender = bindUdpSocket(libc, options);
  const receiver = bindBeside(libc, sender, options.receiveBufferBytes);
  if (receiver === undefined) return { receiver: sender, sender };
  if (await isLastBoundHearing(libc, options)) {
    refuseFragments(libc, sender);
    return { receiver, sender };
  }
  libc.close(receiver);
  return { receiver: sender, sender };
}

/** Tries it on another port: what somebody has said to this one by now is to be heard. */
async function isLastBoundHearing(libc: Libc, options: TransportOptions): Promise<boolean> {
  const opened: number[] = [];
  try {
    const sender = bindUdpSocket(libc, { ...options, port: 0 });
    opened.push(sender);
    const receiver = bindBeside(libc, sender, options.receiveBufferBytes);
    if (receiver === undefined) return false;
    opened.push(receiver);
    return await hears(libc, receiver, sender);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  } finally {
    for (const fd of opened) libc.close(fd);
  }
}

/** A second socket on the port of the first; undefined where it cannot be had. */
function bindBeside(libc: Libc, first: number, receiveBufferBytes: number): number | undefined {
  try {
    const local = localOf(libc, first);
    const second = openUdpSocket(libc, receiveBufferBytes, local);
    for (const fd of [first, second]) setReuseAddress(libc, fd, true);
    bindTo(libc, second, local);
    setReuseAddress(libc, second, false);
    return second;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  } finally {
    setReuseAddress(libc, first, false); // From now on nobody joins them.
  }
}

/** Whether the receiver hears what is said to the port: the sender says a word to it. */
async function hears(libc: Libc, receiver: number, sender: number): Promise<boolean> {
  const word = randomBytes(WORD_BYTES);
  const local = localOf(libc, sender);
  const self = ipOf(local) === 0 ? endpointOf(LOOPBACK_IP, portOf(local)) : local;
  if (libc.sendto(sender, word, word.length, MSG_DONTWAIT, sockaddrOf(self), SOCKADDR_BYTES) < 0) return false;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const heard = receive(libc, receiver);
    if (heard?.equals(word)) return true;
    if (receive(libc, sender)?.equals(word)) return false;
    if (!heard) await sleep(RETRY_MS);
  }
  return false;
}

/** The next datagram, as far as it matters here; undefined when none waits. */
function receive(libc: Libc, fd: number): Buffer | undefined {
  const datagram = Buffer.from(new ArrayBuffer(WORD_BYTES + 1));
  const length = libc.recv(fd, datagram, datagram.length, MSG_DONTWAIT);
  return length < 0 ? undefined : datagram.subarray(0, length);
}
