/** Bytes as tests write them down. */

import { type Endpoint, endpointOf, parseIp } from '../../shared/endpoint';

/** Bytes from hex; blanks are for the reader. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** One byte a character: '\xff' is the byte ff. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

export function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** `ip:port` as the number the cores use; any port, since a datagram's sender can have port 0. */
export function at(text: string): Endpoint {
  const [ip = '', port] = text.split(':');
  return endpointOf(parseIp(ip)!, Number(port));
}
