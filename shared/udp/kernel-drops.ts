/**
 * How many datagrams the kernel threw away because a receive buffer was full, where it shows that: on Linux, in /proc/net/udp.
 *
 *   sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ref pointer drops
 *   12: 0100007F:1388 00000000:0000 07 00000000:00000000 00:00000000 00000000 0   0       31415 2   000...  27
 */

import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { type Endpoint, ipOf, portOf } from '../endpoint';
import { isSystemError } from '../errors';

/** The drops of all sockets on a port of ours since each was opened; undefined where the system does not show them. */
export function kernelDrops(local: Endpoint): number | undefined {
  try {
    return sumDrops(readFileSync('/proc/net/udp', 'latin1'), local);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  }
}

/** The sum over the lines of the table that are bound to `local`; undefined when there is none. */
export function sumDrops(table: string, local: Endpoint): number | undefined {
  let sum: number | undefined;
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    const [ip, port] = (columns[1] ?? '').split(':');
    const drops = Number(columns[12]);
    if (!ip || !port || Number.parseInt(port, 16) !== portOf(local) || !Number.isSafeInteger(drops)) continue;
    // Bound to every interface, the port is ours on each of them.
    if (ipOf(local) !== 0 && ipOfHex(ip) !== ipOf(local)) continue;
    sum = (sum ?? 0) + drops;
  }
  return sum;
}

/** The kernel prints the address as the number that its four bytes are on this machine. */
function ipOfHex(hex: string): number {
  const bytes = Buffer.from(hex, 'hex');
  return endianness() === 'LE' ? bytes.readUInt32LE() : bytes.readUInt32BE();
}
