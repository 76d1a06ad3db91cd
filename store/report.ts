/** What a replica's command prints, in words and as JSON. */

import type { Status } from '../shared/wire/documents';
import type { Server } from './server';

/** Words of the ready line: `store serving at 127.0.0.1:8000, files in data/127.0.0.1-8000`. */
export function readyLine({ address, folder }: Server): string {
  return `store serving at ${address}, files in ${folder}`;
}

/** The ready line's facts. */
export function readyEvent({ address, folder }: Server): object {
  const colon = address.lastIndexOf(':');
  return { event: 'ready', address: address.slice(0, colon), port: Number(address.slice(colon + 1)), folder };
}

/** Words of a new role: `store leads epoch 2`, `store follows 127.0.0.1:8000 in epoch 1`. */
export function turnLine({ role, epoch, leader }: Status): string {
  if (role === 'leader') return `store leads epoch ${epoch}`;
  const how = role === 'follower' ? 'follows' : 'joins';
  return leader === null ? 'store looks for a leader' : `store ${how} ${leader} in epoch ${epoch}`;
}

/** Their facts. */
export function turnEvent({ role, epoch, leader, position }: Status): object {
  return { event: 'role', role, epoch, leader, position };
}
