/** Makes a bound UDP socket with the C library's calls. It is told nothing by anybody yet: `readiness.ts` watches it. */

import assert from 'node:assert/strict';
import type { Endpoint } from '../endpoint';
import { endpointOf } from '../endpoint';
import {
  AF_INET,
  IP_MTU_DISCOVER,
  IP_PMTUDISC_DO,
  type Libc,
  SO_RCVBUF,
  SO_REUSEADDR,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_IP,
  SOL_SOCKET,
  SOL_UDP,
  systemError,
  UDP_GRO,
  UDP_SEGMENT,
} from './libc';
import { readSockaddr, SOCKADDR_BYTES, sockaddrOf } from './message-layout';
import type { TransportOptions } from './transport';

/** A socket bound as the options say, to nobody else's port. @throws the system's error, as Node words it. */
export function bindUdpSocket(libc: Libc, options: TransportOptions): number {
  const at = endpointOf(options.ip, options.port);
  const fd = openUdpSocket(libc, options.receiveBufferBytes, at);
  bindTo(libc, fd, at);
  return fd;
}

/** Binds a socket, or closes it. @throws the system's error */
export function bindTo(libc: Libc, fd: number, at: Endpoint): void {
  if (libc.bind(fd, sockaddrOf(at), SOCKADDR_BYTES) !== 0) throw closing(libc, fd, systemError(libc, 'bind', at));
}

/** A non-blocking UDP socket. */
export function openUdpSocket(libc: Libc, receiveBufferBytes: number, at: Endpoint): number {
  const fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw systemError(libc, 'socket', at);
  // The system grants what it allows; a refusal leaves its default.
  setOption(libc, fd, SO_RCVBUF, receiveBufferBytes);
  return fd;
}

/** Where a socket is bound. */
export function localOf(libc: Libc, fd: number): Endpoint {
  const address = sockaddrOf(0);
  const length = new Uint8Array(new Uint32Array([SOCKADDR_BYTES]).buffer);
  if (libc.getsockname(fd, address, length) !== 0) throw systemError(libc, 'getsockname', 0);
  return readSockaddr(address, 0);
}

/** Whether others may bind the same port, if they too say so. */
export function setReuseAddress(libc: Libc, fd: number, on: boolean): void {
  setOption(libc, fd, SO_REUSEADDR, on ? 1 : 0);
}

/** Whether the system sends one message as several datagrams: older ones send it as one, and say nothing. */
export function canSegment(libc: Libc, fd: number): boolean {
  return setOption(libc, fd, UDP_SEGMENT, 0, SOL_UDP); // The default: messages say themselves where to cut.
}

/** Has what came as a group received as one message, where the system can. */
export function receiveGroups(libc: Libc, fd: number): void {
  setOption(libc, fd, UDP_GRO, 1, SOL_UDP);
}

/** Has the system refuse what would have to be broken into fragments; where it cannot, it breaks it. */
export function refuseFragments(libc: Libc, fd: number): void {
  setOption(libc, fd, IP_MTU_DISCOVER, IP_PMTUDISC_DO, SOL_IP);
}

/** Closes a socket and hands its error on. */
export function closing(libc: Libc, fd: number, error: Error): Error {
  libc.close(fd);
  return error;
}

/** Sets an option that is a C int; whether the system took it. */
export function setOption(libc: Libc, fd: number, name: number, value: number, level = SOL_SOCKET): boolean {
  assert(Number.isInteger(value) && value >= 0 && value < 2 ** 31, 'a socket option is a C int');
  const int = new Uint8Array(new Int32Array([value]).buffer);
  return libc.setsockopt(fd, level, name, int, int.length) === 0;
}
