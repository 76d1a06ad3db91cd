/** Queries in the words of the supervisors: which keys there are, and by what one is told from another. */

import { endpointOf } from '../../../../shared/endpoint';
import { typeOf } from '../../../../shared/wire/overlay/header';
import { QUERY, QUERY_HEADER } from '../../../../shared/wire/overlay/query';
import { DATAGRAM_MAX } from '../../../../shared/wire/writer';

/** The keys asked for, by the names that plans call them; one byte a character. The long ones are few, for they take long. */
export const KEYS = {
  ssh: 'ssh',
  http: 'http',
  bytes: '\xff\xfe',
  prototype: '__proto__',
  'long value': 'long',
  'long key': 'k'.repeat(700),
  'longest in a QUERY': 'q'.repeat(DATAGRAM_MAX - QUERY_HEADER),
  'longest in a CLIREQ': 'c'.repeat(DATAGRAM_MAX - 2),
} as const;

export type KeyName = keyof typeof KEYS;

export const KEY_NAMES = Object.keys(KEYS) as readonly KeyName[];

/** Lengths of the values of `long value`, by servent: those at which something may change, and the longest that fits. */
const LONG_VALUES = [196, 260, 507, 512, 1400, 3000, DATAGRAM_MAX - 2 - 'long'.length - 1];

/** The value of a key, filled up to the length that the key's name asks for. */
export function longValue(name: KeyName, value: string, servent: number): string {
  if (name === 'http') return value.padEnd(90, '.');
  return name === 'long value' ? value.padEnd(LONG_VALUES[servent % LONG_VALUES.length]!, '.') : value;
}

/** Can a pair of this key be sent? The longest leave no room for a value. */
export function canBeHeld(name: KeyName): boolean {
  return KEYS[name].length < 1000;
}

export function isQuery(datagram: Uint8Array): boolean {
  return datagram.length > QUERY_HEADER && typeOf(datagram) === QUERY;
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
