/** Queries in the words of the supervisors: which keys there are, and by what one is told from another. */

import { endpointOf } from '../../../../shared/endpoint';

export const KEYS = ['ssh', 'http', '\xff\xfe', '__proto__'] as const;

export function isQuery(datagram: Uint8Array): boolean {
  return datagram.length > 14 && datagram[0] === 0 && datagram[1] === 2;
}

/** In the words of the supervisors. */
export function identityOf(query: Uint8Array): string {
  const view = Buffer.from(query.buffer, query.byteOffset, query.length);
  const client = endpointOf(view.readUInt32BE(4), view.readUInt16BE(8));
  return `${client} ${view.readUInt32BE(10)} ${keyOf(view.subarray(14))}`;
}

/** The key of a text, up to its first NUL. */
export function keyOf(text: Uint8Array): string {
  return Buffer.from(text).toString('latin1').split('\0', 1)[0]!;
}
