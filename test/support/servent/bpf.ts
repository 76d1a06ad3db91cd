/**
 * A small interpreter of classic BPF programs as the kernel runs them for a group of sockets, for the instructions that
 * `servent/workers/socket-program.ts` makes: what the kernel would decide, on any machine.
 */

import { CODES, NETWORK } from '../../../servent/workers/socket-program';
import { type Endpoint, ipOf, portOf } from '../../../shared/endpoint';
import type { Instruction } from '../../../shared/udp/socket-group';

/** What a program gives for a datagram from this sender, whose IP header has this many bytes. */
export function runProgram(
  program: readonly Instruction[],
  datagram: Uint8Array,
  from: Endpoint,
  headerBytes = 20,
): number {
  const packet = Buffer.alloc(headerBytes + 8);
  packet[0] = 0x40 | (headerBytes / 4);
  packet.writeUInt32BE(ipOf(from), 12);
  packet.writeUInt16BE(portOf(from), headerBytes);
  const payload = Buffer.from(datagram);
  /** Bytes at an offset as programs count them, or none where the kernel would end the program. */
  const bytesAt = (at: number, length: number): Buffer | undefined => {
    const [bytes, start] = at < 0 ? [packet, at - NETWORK] : [payload, at];
    return start + length <= bytes.length ? bytes.subarray(start, start + length) : undefined;
  };
  const memory = new Uint32Array(16);
  let a = 0;
  let x = 0;
  for (let pc = 0; ; pc++) {
    const { code, jt, jf, k } = program[pc]!;
    const name = Object.entries(CODES).find(([, known]) => known === code)?.[0];
    switch (name) {
      case 'ld [k]':
      case 'ldh [k]':
      case 'ldh [x+k]': {
        const loaded = bytesAt(name === 'ldh [x+k]' ? x + k : k, name === 'ld [k]' ? 4 : 2);
        if (!loaded) return 0;
        a = loaded.readUIntBE(0, loaded.length);
        break;
      }
      case 'ldx 4*([k]&0xf)':
        x = 4 * (bytesAt(k, 1)![0]! & 0xf);
        break;
      case 'ld M[k]':
        a = memory[k]!;
        break;
      case 'st M[k]':
        memory[k] = a;
        break;
      case 'add #k':
        a = (a + k) >>> 0;
        break;
      case 'mul #k':
        a = Number((BigInt(a) * BigInt(k)) & 0xffff_ffffn);
        break;
      case 'rsh #k':
        a = Math.floor(a / 2 ** k);
        break;
      case 'mod #k':
        a %= k;
        break;
      case 'jeq #k':
        pc += a === k ? jt : jf;
        break;
      case 'ret a':
        return a;
      default:
        throw new Error(`instruction ${pc} is unknown: ${code}`);
    }
  }
}
