/** Datagrams for tests of the lab's page. */

import type { Copy } from '../../../lab/view';

/** A datagram from one to another; its number is its time. */
export function copy(id: number, from: string, to: string, more: Partial<Copy> = {}): Copy {
  const message = from === 'client' ? 'CLIREQ' : to === 'client' ? 'RESPONSE' : 'QUERY';
  return { id, cause: null, message, from, to, ttl: null, sentMs: id, arrivedMs: id + 0.5, fate: 'came', reason: null, bytes: 10, ...more }; // biome-ignore format: one datagram
}
