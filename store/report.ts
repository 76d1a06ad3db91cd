/** What a replica's command prints, in words and as JSON. */

import type { Status } from '../shared/wire/documents';
import type { Server } from './server';

/** Words of the ready line: `store serving at 127.0.0.1:8000, http at 127.0.0.1:8080, files in data/127.0.0.1-8000`. */
export function readyLine({ address, dialects, folder }: Server): string {
  const others = dialects.map((dialect) => `${dialect.name} at ${dialect.address}, `).join('');
  return `store serving at ${address}, ${others}files in ${folder}`;
}

/** The ready line's facts. */
export function readyEvent({ address, dialects, folder }: Server): object {
  const colon = address.lastIndexOf(':');
  const others = Object.fromEntries(dialects.map((dialect) => [dialect.name, dialect.address]));
  return {
    event: 'ready',
    address: address.slice(0, colon),
    port: Number(address.slice(colon + 1)),
    folder,
    ...others,
  };
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
