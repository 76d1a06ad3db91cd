/**
 * An IPv4 endpoint as one number, so that equality is `===`, a Map key is cheap, and nothing is allocated per datagram.
 * Text exists only at the edges: options, log lines, what a person reads.
 */

/** `ip * 65536 + port`, where ip is an unsigned 32-bit number: an integer from 0 to 2^48 - 1. */
export type Endpoint = number;

const PORTS = 65_536;

/** Joins an address (0 to 2^32 - 1) and a port (0 to 65,535). */
export function endpointOf(ip: number, port: number): Endpoint {
  return ip * PORTS + port;
}

/** The address of an endpoint, 0 to 2^32 - 1. */
export function ipOf(endpoint: Endpoint): number {
  return Math.floor(endpoint / PORTS);
}

/** The port of an endpoint, 0 to 65,535. */
export function portOf(endpoint: Endpoint): number {
  return endpoint & (PORTS - 1);
}

/** `10.0.0.1` for 0x0a000001. */
export function formatIp(ip: number): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
}

/** `10.0.0.1:5000`. */
export function formatEndpoint(endpoint: Endpoint): string {
  return `${formatIp(ipOf(endpoint))}:${portOf(endpoint)}`;
}

/** The number of a dotted IPv4 address: four decimal parts of 0 to 255 without leading zeros; undefined for any other text. */
export function parseIp(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  let ip = 0;
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    ip = ip * 256 + Number(part);
  }
  return ip;
}

/** The endpoint of `ip:port` with a port of 1 to 65,535; undefined for any other text. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const colon = text.lastIndexOf(':');
  const ip = parseIp(text.slice(0, Math.max(colon, 0)));
  const port = parsePort(text.slice(colon + 1));
  return ip === undefined || port === undefined || port === 0 ? undefined : endpointOf(ip, port);
}

/** A decimal port of 0 to 65,535 (0 asks the system for a free one); undefined for any other text. */
export function parsePort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) < PORTS ? Number(text) : undefined;
}
