/**
 * The distribution of datagrams as a classic BPF program, which the kernel runs for what comes to the port: it sees the datagram
 * at offset 0 and its IP header at NETWORK, and gives the number of the socket that is to have it.
 */

import { type Endpoint, ipOf, portOf } from '../../shared/endpoint';
import type { Instruction } from '../../shared/udp/socket-group';
import { CLIENT_PORT_OFFSET, QUERY } from '../../shared/wire/overlay/query';
import { PORT_FACTOR, PORT_SHIFT } from './distribution';

/**
 * The kernel's instructions (linux/filter.h) as far as they are needed: A is the accumulator, X the index register, M the 16
 * words of memory. A load from behind the datagram's end ends the program, which then gives 0.
 */
export const CODES = {
  /** A = the word at k, the half word at k, the half word at X + k, M[k]. */
  'ld [k]': 0x20,
  'ldh [k]': 0x28,
  'ldh [x+k]': 0x48,
  'ld M[k]': 0x60,
  /** X = 4 * (the lower half of the byte at k): the length of an IP header. */
  'ldx 4*([k]&0xf)': 0xb1,
  /** M[k] = A. */
  'st M[k]': 0x02,
  'add #k': 0x04,
  'mul #k': 0x24,
  'rsh #k': 0x74,
  'mod #k': 0x94,
  /** Skips jt instructions if A = k, else jf. */
  'jeq #k': 0x15,
  'ret a': 0x16,
} as const;

/** Where the IP header begins (SKF_NET_OFF). */
export const NETWORK = -0x10_0000;
const SOURCE_IP = NETWORK + 12;

/** What stands where in M. */
const FROM_IP = 0;
const FROM_PORT = 1;
const CLIENT_PORT = 2;
const WORKER = 3;

/** The program that gives `socketOf` for every datagram. */
export function socketProgram(workers: number, neighbours: readonly Endpoint[]): Instruction[] {
  return [
    make('ld [k]', SOURCE_IP),
    make('st M[k]', FROM_IP),
    make('ldx 4*([k]&0xf)', NETWORK),
    make('ldh [x+k]', NETWORK),
    make('st M[k]', FROM_PORT),
    make('st M[k]', CLIENT_PORT),
    make('ldh [k]', 0),
    ...ifEqual(QUERY, [make('ldh [k]', CLIENT_PORT_OFFSET), make('st M[k]', CLIENT_PORT)]),
    make('ld M[k]', CLIENT_PORT),
    make('mul #k', PORT_FACTOR),
    make('rsh #k', PORT_SHIFT),
    make('mod #k', workers),
    make('st M[k]', WORKER),
    ...neighbours.flatMap((neighbour) => [
      make('ld M[k]', FROM_IP),
      ...ifEqual(ipOf(neighbour), [
        make('ld M[k]', FROM_PORT),
        ...ifEqual(portOf(neighbour), [make('ld M[k]', WORKER), make('add #k', workers), make('ret a')]),
      ]),
    ]),
    make('ld M[k]', WORKER),
    make('ret a'),
  ];
}

/** Does what follows only if A is this. */
function ifEqual(k: number, then: readonly Instruction[]): Instruction[] {
  return [{ ...make('jeq #k', k), jf: then.length }, ...then];
}

function make(name: keyof typeof CODES, k = 0): Instruction {
  return { code: CODES[name], jt: 0, jf: 0, k };
}
