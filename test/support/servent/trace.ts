/** Everything that happens in a simulated network as lines of text: the same run gives the same lines, byte for byte. */

import { type Endpoint, formatEndpoint } from '../../../shared/endpoint';
import type { OverlayObserver } from '../../../topologies/simulated/observer';

/** An observer that gives each effect to `line`, as `time what details`, with datagrams in hex. */
export function traceTo(line: (text: string) => void): OverlayObserver {
  const datagramLine = (nowMs: number, what: string, bytes: Uint8Array, from: Endpoint, to: Endpoint) =>
    line(`${nowMs} ${what} ${formatEndpoint(from)} ${formatEndpoint(to)} ${hex(bytes)}`);
  return {
    sent: (bytes, from, to, nowMs) => datagramLine(nowMs, 'sent', bytes, from, to),
    delivered: (bytes, from, to, nowMs) => datagramLine(nowMs, 'delivered', bytes, from, to),
    lost: (reason, bytes, from, to, nowMs) => datagramLine(nowMs, `lost ${reason}`, bytes, from, to),
    received: (servent, bytes, from, nowMs) =>
      line(`${nowMs} received ${servent} ${formatEndpoint(from)} ${hex(bytes)}`),
    answered: (servent, bytes, client, nowMs) =>
      line(`${nowMs} answered ${servent} ${formatEndpoint(client)} ${hex(bytes)}`),
    forwarded: (servent, bytes, neighbour, nowMs) =>
      line(`${nowMs} forwarded ${servent} ${formatEndpoint(neighbour)} ${hex(bytes)}`),
    dropped: (servent, reason, from, nowMs) => line(`${nowMs} dropped ${servent} ${reason} ${formatEndpoint(from)}`),
    handled: (servent, how, nowMs) => line(`${nowMs} handled ${servent} ${how}`),
    asked: ({ id }, bytes, nowMs) => line(`${nowMs} asked ${id} ${hex(bytes)}`),
    shown: ({ id }, { from, value, ms }, nowMs) =>
      line(`${nowMs} shown ${id} ${formatEndpoint(from)} ${ms} ${hex(value)}`),
    discarded: ({ id }, reason, nowMs) => line(`${nowMs} discarded ${id} ${reason}`),
    ended: ({ id }, summary, nowMs) => line(`${nowMs} ended ${id} ${JSON.stringify(summary)}`),
    changed: (servent, what, nowMs) => line(`${nowMs} ${what} ${servent}`),
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
