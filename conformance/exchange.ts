/** All that was said in a case, in its order: what the reports, the pictures and the captures are made of. */

import type { Endpoint } from '../shared/endpoint';

/** One end of what was said: a name of the scene, such as `client` or `n1`, and its address. */
export interface Party {
  name: string;
  endpoint: Endpoint;
}

/** A datagram, or a piece of a stream. */
export interface Said {
  /** Since the case began. */
  atMs: number;
  from: Party;
  to: Party;
  transport: 'udp' | 'tcp';
  bytes: Uint8Array;
}

/** A flood says the same again and again: what is beyond is counted only. */
const KEPT_MAX = 2000;

export class Exchange {
  readonly #startMs = performance.now();
  readonly startedAt = Date.now();
  /** Bounded by KEPT_MAX. */
  readonly said: Said[] = [];
  /** How many more were said than are kept. */
  more = 0;

  /** Writes down what was said: copies, so that nothing changes it. */
  add(transport: Said['transport'], from: Party, to: Party, bytes: Uint8Array): void {
    if (this.said.length === KEPT_MAX) this.more++;
    else this.said.push({ atMs: this.nowMs(), from: partyOf(from), to: partyOf(to), transport, bytes: bytes.slice() });
  }

  /** Since the case began. */
  nowMs(): number {
    return performance.now() - this.#startMs;
  }
}

function partyOf({ name, endpoint }: Party): Party {
  return { name, endpoint };
}
