/**
 * QUERY, servent to servent:
 *
 *   0      2     4             8             10         14
 *   | type | ttl | client IPv4 | client port | sequence | key text ...
 */

import { strict as assert } from 'node:assert';
import { isClientIp } from '../../address-classes';
import { type Endpoint, endpointOf, ipOf, portOf } from '../../endpoint';
import type { Reader } from '../reader';
import { WireError } from '../wire-error';
import { Writer } from '../writer';
import { keyOfText } from './text';

export const QUERY = 2;
export const QUERY_HEADER = 14;
export const TTL_OFFSET = 2;
export const CLIENT_IP_OFFSET = 4;
export const CLIENT_PORT_OFFSET = 8;
export const SEQUENCE_OFFSET = 10;

/** The most neighbours a servent knows (specification, section 1). */
export const NEIGHBOURS_MAX = 10;

/** The ttl of every new QUERY, and the most a servent lets a received one have (specification, section 4). */
export const TTL_MAX = 3;

export interface Query {
  type: 'QUERY';
  /** Hops left, 0 to 65,535 as received. */
  ttl: number;
  /** Where RESPONSEs go. */
  client: Endpoint;
  /** The contact servent's counter, 0 to 2^32 - 1. */
  sequence: number;
  /** The key text as it stands in the datagram, with its NUL and whatever follows that. */
  text: Uint8Array;
  /** The text up to its first NUL: at least one byte, never decoded. */
  key: Uint8Array;
}

/** Reads what follows the type (specification, section 3). @throws WireError `short`, `client-address`, `client-port`, `empty-key`. */
export function decodeQuery(reader: Reader): Query {
  const ttl = reader.uint16('ttl');
  const client = endpointOf(reader.uint32('client IPv4'), reader.uint16('client port'));
  const sequence = reader.uint32('sequence');
  checkClient(client);
  const offset = reader.offset;
  const text = reader.rest();
  return { type: 'QUERY', ttl, client, sequence, text, key: keyOfText(text, offset) };
}

/**
 * @throws WireError `client-address`, `client-port`, `empty-key`, or `too-long` for a text above 65,493 bytes;
 *   AssertionError for a ttl or sequence out of range.
 */
export function encodeQuery(message: Pick<Query, 'ttl' | 'client' | 'sequence' | 'text'>): Uint8Array {
  assert(Number.isInteger(message.ttl) && message.ttl >= 0 && message.ttl <= 0xffff, 'ttl is an integer of 0 to 65535');
  assert(message.sequence >>> 0 === message.sequence, 'sequence is an integer of 0 to 2^32 - 1');
  checkClient(message.client);
  keyOfText(message.text, QUERY_HEADER);
  return new Writer(QUERY_HEADER + message.text.length)
    .uint16(QUERY)
    .uint16(message.ttl)
    .uint32(ipOf(message.client))
    .uint16(portOf(message.client))
    .uint32(message.sequence)
    .raw(message.text)
    .done();
}

function checkClient(client: Endpoint): void {
  if (!isClientIp(ipOf(client))) {
    throw new WireError('client-address', CLIENT_IP_OFFSET, 'expected a client address that can be answered');
  }
  if (portOf(client) === 0)
    throw new WireError('client-port', CLIENT_PORT_OFFSET, 'expected a client port of 1 to 65535, got 0');
}
