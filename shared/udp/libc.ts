/**
 * The C library's socket calls, as far as the batched transport needs them. An interface, so that tests can put a library that
 * fails in its place; the real one is reached through koffi, an optional package that is loaded here and only when asked for.
 */

import { getSystemErrorName } from 'node:util';
import { type Endpoint, formatEndpoint, formatIp, ipOf, portOf } from '../endpoint';

/** Calls answer as in C: -1 for a failure, whose number `errno` then tells. Addresses are plain numbers: they stay below 2^53. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getsockname(fd: number, address: Uint8Array, length: Uint8Array): number;
  close(fd: number): number;
  sendto(
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ): number;
  recv(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  /** `vector` is the address of `count` mmsghdr structures; memory they point at must stay where it is and referenced. */
  recvmmsg(fd: number, vector: number, count: number, flags: number, timeout: 0): number;
  sendmmsg(fd: number, vector: number, count: number, flags: number): number;
  /** Of the last call that failed. */
  errno(): number;
  /** Where the memory of `buffer` lies, for as long as it is referenced and not resized or transferred. */
  addressOf(buffer: ArrayBuffer): number;
}

/** Constants of 64-bit Linux. */
export const AF_INET = 2;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
/** A program of classic BPF chooses among the sockets of a port; of Linux 4.5 and later. */
export const SO_ATTACH_REUSEPORT_CBPF = 51;
export const MSG_DONTWAIT = 0x40;
export const SOL_IP = 0;
export const IP_MTU_DISCOVER = 10;
/** Never fragments: what is too long for a frame on the way is refused with EMSGSIZE. */
export const IP_PMTUDISC_DO = 2;
export const SOL_UDP = 17;
/** Sends a message as several datagrams of so many bytes; of Linux 4.18 and later. */
export const UDP_SEGMENT = 103;

/** Has what comes as a group received as one message; of Linux 5.0 and later. */
export const UDP_GRO = 104;

/** Of what is in memory already, keeps it there. */
const RTLD_LAZY = 1;
const RTLD_NOLOAD = 4;
const RTLD_NODELETE = 0x1000;

/** Batched system calls cannot be had here; the message says why. */
export class NoBatchesError extends Error {}

let loaded: Libc | undefined;

/** The C library of this process. @throws NoBatchesError when this is no 64-bit little-endian Linux, or koffi is not installed. */
export function loadLibc(): Libc {
  loaded ??= bindLibc();
  return loaded;
}

function bindLibc(): Libc {
  if (process.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) {
    throw new NoBatchesError(
      `batched system calls need Linux on x64 or arm64; this is ${process.platform} on ${process.arch}`,
    );
  }
  const koffi = loadKoffi();
  const library = koffi.load(null); // What the process has loaded already, its C library among it.
  keepInMemory(library);
  return {
    socket: library.func('int socket(int domain, int type, int protocol)'),
    bind: library.func('int bind(int fd, void *address, uint32_t length)'),
    connect: library.func('int connect(int fd, void *address, uint32_t length)'),
    setsockopt: library.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)'),
    getsockname: library.func('int getsockname(int fd, void *address, void *length)'),
    close: library.func('int close(int fd)'),
    sendto: library.func(
      'intptr_t sendto(int fd, void *bytes, size_t length, int flags, void *address, uint32_t addressLength)',
    ),
    recv: library.func('intptr_t recv(int fd, void *bytes, size_t length, int flags)'),
    recvmmsg: library.func('int recvmmsg(int fd, uintptr_t vector, unsigned int count, int flags, uintptr_t timeout)'),
    sendmmsg: library.func('int sendmmsg(int fd, uintptr_t vector, unsigned int count, int flags)'),
    errno: () => koffi.errno(),
    addressOf: (buffer) => Number(koffi.address(buffer)),
  };
}

/** The package that reaches C. @throws NoBatchesError when it is not installed */
export function loadKoffi(): typeof import('koffi') {
  try {
    return require('koffi');
  } catch (cause) {
    // Not installed, or without a binary that this system can load: nothing else is run here. The rest lists who asked for it.
    throw new NoBatchesError((cause as Error).message.split('\n', 1)[0], { cause });
  }
}

/**
 * Keeps koffi's code in memory for good: after the end of a thread that alone had loaded it, the event loop still calls it for each
 * socket that was watched there.
 */
function keepInMemory(library: import('koffi').LibraryHandle): void {
  const path = Object.keys(require.cache).find((name) => name.endsWith('koffi.node'));
  const dlopen = library.func('void *dlopen(const char *path, int flags)');
  if (path) dlopen(path, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/** The system's name of the last failure: `EAGAIN`, `ENOBUFS`, ... */
export function errorCode(libc: Libc): string {
  return getSystemErrorName(-libc.errno());
}

/** An error that looks like Node's own: `bind EADDRINUSE 0.0.0.0:5000`, with code, errno, syscall, address and port. */
export function systemError(libc: Libc, syscall: string, at: Endpoint): NodeJS.ErrnoException {
  const errno = -libc.errno();
  const code = getSystemErrorName(errno);
  const error = new Error(`${syscall} ${code} ${formatEndpoint(at)}`);
  return Object.assign(error, { errno, code, syscall, address: formatIp(ipOf(at)), port: portOf(at) });
}
