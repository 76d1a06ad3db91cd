/**
 * A socket of its own for each peer, on the port that is bound already and connected to the peer: the system hands it that
 * peer's datagrams and no others, so that a flood from elsewhere overflows the first socket's buffer and not the peer's.
 */

import type { Endpoint } from '../endpoint';
import { isSystemError } from '../errors';
import { type Libc, systemError } from './libc';
import { SOCKADDR_BYTES, sockaddrOf } from './message-layout';
import type { TransportOptions } from './transport';
import { bindTo, closing, openUdpSocket, setReuseAddress } from './udp-socket';

export interface PeerSocket {
  readonly fd: number;
  readonly peer: Endpoint;
}

/**
 * Opens a socket for each peer beside those that are bound to `local` already, and to which a peer is left whose socket cannot be
 * had (no route, no descriptor, ...).
 *
 * Sockets share a port while all of them allow it, which here they do for these few calls: before, the port was bound for us
 * alone, and after, it is ours alone again. A datagram may meanwhile land on another socket than it will later: only where it
 * came from counts.
 *
 * Connecting also settles which of our addresses the socket has, where it is bound to all of them. What the peer sends to
 * another one arrives where everybody's does.
 */
export function openPeerSockets(
  libc: Libc,
  bound: readonly number[],
  local: Endpoint,
  options: TransportOptions,
): PeerSocket[] {
  const peers = new Set(options.peers);
  if (peers.size === 0) return [];
  const sockets: PeerSocket[] = [];
  for (const fd of bound) setReuseAddress(libc, fd, true);
  for (const peer of peers) {
    const fd = connectedSocket(libc, local, peer, options.receiveBufferBytes);
    if (fd !== undefined) sockets.push({ fd, peer });
  }
  for (const fd of [...bound, ...sockets.map((socket) => socket.fd)]) setReuseAddress(libc, fd, false);
  return sockets;
}

function connectedSocket(libc: Libc, local: Endpoint, peer: Endpoint, bufferBytes: number): number | undefined {
  try {
    const fd = openUdpSocket(libc, bufferBytes, local);
    setReuseAddress(libc, fd, true);
    bindTo(libc, fd, local);
    if (libc.connect(fd, sockaddrOf(peer), SOCKADDR_BYTES) === 0) return fd;
    throw closing(libc, fd, systemError(libc, 'connect', peer));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined; // A share of one's own is a courtesy: the peer is served all the same.
  }
}
