/** All that was said as a capture file, for Wireshark and its dissectors. */

import { type Captured, pcapFile } from '../../shared/pcap';
import type { Said } from '../exchange';
import type { Verdict } from '../run-cases';

/** The bytes of the file; packets in the order of their times, microseconds. */
export function captureOf(verdicts: readonly Verdict[]): Uint8Array {
  return pcapFile(
    verdicts.flatMap(({ startedAt, said }) => {
      const sent = new Map<string, number>();
      return said.map((one) => capturedOf(one, startedAt, sent));
    }),
  );
}

/** @param sent the bytes of each direction of a stream so far: its sequence numbers */
function capturedOf(
  { atMs, from, to, transport, bytes }: Said,
  startedAt: number,
  sent: Map<string, number>,
): Captured {
  const [there, back] = [`${from.endpoint} ${to.endpoint}`, `${to.endpoint} ${from.endpoint}`];
  const before = { there: sent.get(there) ?? 0, back: sent.get(back) ?? 0 };
  sent.set(there, before.there + bytes.length);
  return { atMs: startedAt + atMs, transport, from: from.endpoint, to: to.endpoint, bytes, before };
}
