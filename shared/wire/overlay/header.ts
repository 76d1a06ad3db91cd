/**
 * The same rules as `decode`, for the one place that cannot afford an object per datagram: reads a datagram's fields into
 * itself, and names what is wrong instead of throwing. Tests hold it to `decode` on random datagrams.
 */

import { isClientIp } from '../../address-classes';
import { type Endpoint, endpointOf } from '../../endpoint';
import type { MalformedCode } from '../wire-error';
import { CLIREQ, CLIREQ_HEADER } from './clireq';
import { CLIENT_IP_OFFSET, CLIENT_PORT_OFFSET, QUERY, QUERY_HEADER, SEQUENCE_OFFSET, TTL_OFFSET } from './query';
import { RESPONSE, RESPONSE_HEADER } from './response';
import { NUL, TAB } from './text';

const TYPE_BYTES = 2;

export class Header {
  /** The type as it stands, known or not; 0 for a datagram too short to have one. */
  type = 0;
  /** Of a QUERY: hops left, as received. */
  ttl = 0;
  /** Of a QUERY: where RESPONSEs go. */
  client: Endpoint = 0;
  /** Of a QUERY: the contact servent's counter. */
  sequence = 0;
  /** Offset of the text. */
  textAt = 0;
  /** Offset just behind the text's first part: its first NUL, or the datagram's end. */
  keyEnd = 0;

  /** Reads one datagram; gives the WireError code that `decode` would throw, or undefined for a message. */
  read(datagram: Uint8Array): MalformedCode | undefined {
    const length = datagram.length;
    this.type = typeOf(datagram);
    if (length < TYPE_BYTES) return 'short';
    switch (this.type) {
      case CLIREQ:
        return this.#readText(datagram, CLIREQ_HEADER);
      case QUERY:
        return this.#readQuery(datagram);
      case RESPONSE:
        return datagram[RESPONSE_HEADER] === TAB ? 'empty-key' : this.#readText(datagram, RESPONSE_HEADER);
      default:
        return 'unknown-type';
    }
  }

  #readQuery(datagram: Uint8Array): MalformedCode | undefined {
    if (datagram.length < QUERY_HEADER) return 'short';
    const ip = uint32(datagram, CLIENT_IP_OFFSET);
    const port = uint16(datagram, CLIENT_PORT_OFFSET);
    if (!isClientIp(ip)) return 'client-address';
    if (port === 0) return 'client-port';
    this.ttl = ttlOf(datagram);
    this.client = endpointOf(ip, port);
    this.sequence = uint32(datagram, SEQUENCE_OFFSET);
    return this.#readText(datagram, QUERY_HEADER);
  }

  #readText(datagram: Uint8Array, textAt: number): MalformedCode | undefined {
    let end = textAt;
    while (end < datagram.length && datagram[end] !== NUL) end++;
    this.textAt = textAt;
    this.keyEnd = end;
    return end === textAt ? 'empty-key' : undefined;
  }
}

/** The type of a datagram as it stands, known or not; 0 for one too short to have one. */
export function typeOf(datagram: Uint8Array): number {
  return datagram.length < TYPE_BYTES ? 0 : uint16(datagram, 0);
}

/** The ttl of a QUERY, hops left as it stands. */
export function ttlOf(query: Uint8Array): number {
  return uint16(query, TTL_OFFSET);
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
