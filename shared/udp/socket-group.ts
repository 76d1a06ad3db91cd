/**
 * Several sockets on one port, each with a buffer of its own, and a program that the kernel runs for what comes, to choose the
 * socket that hears it: SO_REUSEPORT of Linux.
 */

import type { Endpoint } from '../endpoint';
import { type Libc, SO_ATTACH_REUSEPORT_CBPF, SO_REUSEPORT, SOL_SOCKET, systemError } from './libc';
import { NativeMemory } from './message-layout';
import type { TransportOptions } from './transport';
import { bindTo, bindUdpSocket, localOf, openUdpSocket, refuseFragments, setOption } from './udp-socket';

/** An instruction of classic BPF: what to do, how many instructions to skip if a comparison holds and if not, an operand. */
export interface Instruction {
  code: number;
  jt: number;
  jf: number;
  k: number;
}

/** The sockets of a port. */
export interface SocketGroup {
  readonly local: Endpoint;
  /** By the numbers that the program gives. */
  readonly hearing: readonly number[];
  /** Those that only speak: they break nothing into fragments. */
  readonly speaking: readonly number[];
}

/**
 * Opens sockets on a port: so many that hear, at least two, and so many that speak. The port was nobody's before; of this user's
 * processes another may join by the same means, and then speaks from it, but hears nothing that the program gives to ours. A
 * group of datagrams (UDP_SEGMENT) that comes whole goes to one socket whole: the program saw the first of them.
 * @throws the system's error
 */
export function openSocketGroup(
  libc: Libc,
  options: TransportOptions,
  counts: { hearing: number; speaking: number },
  program: readonly Instruction[],
): SocketGroup {
  // Bound for itself alone: whoever has the port already is met here.
  const first = bindUdpSocket(libc, options);
  const hearing = [first];
  const speaking: number[] = [];
  try {
    const local = localOf(libc, first);
    const join = (): number => {
      const fd = openUdpSocket(libc, options.receiveBufferBytes, local);
      setOption(libc, fd, SO_REUSEPORT, 1);
      bindTo(libc, fd, local);
      return fd;
    };
    setOption(libc, first, SO_REUSEPORT, 1);
    while (hearing.length < counts.hearing) hearing.push(join());
    // Sockets bound from now on hear nothing, for the program never gives their numbers.
    attach(libc, first, program, local);
    while (speaking.length < counts.speaking) speaking.push(join());
    for (const fd of speaking) refuseFragments(libc, fd);
    return { local, hearing, speaking };
  } catch (error) {
    for (const fd of [...hearing, ...speaking]) libc.close(fd);
    throw error;
  }
}

const INSTRUCTION_BYTES = 8;
/** struct sock_fprog: the number of instructions, and at 8 where they stand. */
const PROGRAM_BYTES = 16;
const POINTER = 8;

/** Gives a socket's group its program. */
function attach(libc: Libc, fd: number, program: readonly Instruction[], local: Endpoint): void {
  const memory = new NativeMemory(libc, PROGRAM_BYTES + program.length * INSTRUCTION_BYTES);
  const view = Buffer.from(memory.bytes.buffer);
  view.writeUInt16LE(program.length, 0);
  memory.putPointer(POINTER, memory.address + PROGRAM_BYTES);
  for (const [i, { code, jt, jf, k }] of program.entries()) {
    const at = PROGRAM_BYTES + i * INSTRUCTION_BYTES;
    view.writeUInt16LE(code, at);
    view.writeUInt8(jt, at + 2);
    view.writeUInt8(jf, at + 3);
    view.writeUInt32LE(k >>> 0, at + 4);
  }
  const header = memory.bytes.subarray(0, PROGRAM_BYTES);
  if (libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, header, PROGRAM_BYTES) !== 0)
    throw systemError(libc, 'setsockopt', local);
}
