/** Everything that happens in a simulated network as lines of text: the same run gives the same lines, byte for byte. */

import { type Endpoint, formatEndpoint } from '../../../shared/endpoint';
import type { Observer } from '../../../topologies/simulated/network';

/** An observer that gives each effect to `line`, as `time what details`, with datagrams in hex. */
export function traceTo(line: (text: string) => void): Observer {
  const datagramLine = (nowMs: number, what: string, bytes: Uint8Array, from: Endpoint, to: Endpoint) =>
    line(`${nowMs} ${what} ${formatEndpoint(from)} ${formatEndpoint(to)} ${hex(bytes)}`);
  return {
    sent: (bytes, from, to, nowMs) => datagramLine(nowMs, 'sent', bytes, from, to),
    delivered: (bytes, from, to, nowMs) => datagramLine(nowMs, 'delivered', bytes, from, to),
    lost: (reason, bytes, from, to, nowMs) => datagramLine(nowMs, `lost ${reason}`, bytes, from, to),
    dropped: (reason, servent, nowMs) => line(`${nowMs} dropped ${servent} ${reason}`),
    answered: ({ id }, { from, value }, nowMs) => line(`${nowMs} answered ${id} ${formatEndpoint(from)} ${hex(value)}`),
    discarded: (reason, { id }, nowMs) => line(`${nowMs} discarded ${id} ${reason}`),
    ended: ({ id }, { answers, asked }, nowMs) => line(`${nowMs} ended ${id} ${answers} answers, asked ${asked}`),
    changed: (servent, what, nowMs) => line(`${nowMs} ${what} ${servent}`),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
