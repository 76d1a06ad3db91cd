/**
 * Any message, from and to bytes. `decode` gives a message or a WireError, nothing else, whatever the bytes.
 * The views in a decoded message share the datagram's memory.
 */

import { Reader } from '../reader';
import { WireError } from '../wire-error';
import { CLIREQ, type Clireq, decodeClireq, encodeClireq } from './clireq';
import { decodeQuery, encodeQuery, QUERY, type Query } from './query';
import { decodeResponse, encodeResponse, RESPONSE, type Response } from './response';

export type Message = Clireq | Query | Response;

/**
 * Reads one datagram (specification, section 3).
 * @throws WireError `short`, `unknown-type`, `client-address`, `client-port` or `empty-key`.
 */
export function decode(datagram: Uint8Array): Message {
  const reader = new Reader(datagram);
  const type = reader.uint16('type');
  switch (type) {
    case CLIREQ:
      return decodeClireq(reader);
    case QUERY:
      return decodeQuery(reader);
    case RESPONSE:
      return decodeResponse(reader);
    default:
      throw new WireError('unknown-type', 0, `expected type 1, 2 or 3, got ${type}`);
  }
}

/**
 * Writes one datagram.
 * @throws WireError `client-address`, `client-port`, `empty-key`, or `too-long` when the message exceeds 65,507 bytes.
 */
export function encode(message: Message): Uint8Array {
  switch (message.type) {
    case 'CLIREQ':
      return encodeClireq(message);
    case 'QUERY':
      return encodeQuery(message);
    case 'RESPONSE':
      return encodeResponse(message);
  }
}
