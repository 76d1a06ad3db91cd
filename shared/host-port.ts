/** Peers as a person names them, `host:port`, and how a name becomes an address. */

import { lookup } from 'node:dns/promises';
import { isClientIp } from './address-classes';
import { shown } from './checks';
import { type Endpoint, endpointOf, formatEndpoint, formatIp, ipOf, parseIp, parsePort, portOf } from './endpoint';
import { isSystemError, OperatorError, usageError } from './errors';

/** A host as it was written, an IPv4 address or a name, and a port of 1 to 65,535. */
export interface HostPort {
  host: string;
  port: number;
}

/** A peer as a setting names it, checked: its endpoint, or a name that is still to be looked up. */
export type Peer = Endpoint | HostPort;

/** Reads `ip:port` or `name:port`, or takes the parts or the endpoint; `what` says whose it is. @throws OperatorError `usage` */
export function peerOf(given: string | Peer, what: string): Peer {
  const fault = (reason: string): OperatorError =>
    usageError(`expected ip:port for ${what}, got ${shown(given)}: ${reason}`);
  const { host, port } = partsOf(given, fault);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw fault('the port is not from 1 to 65535');
  if (typeof host !== 'string') throw fault('the host is no text');
  const ip = checkHost(host, fault);
  return ip === undefined ? { host, port } : endpointOf(ip, port);
}

/** An IPv4 address of one host, which comes back as a number, or a name. @throws what `fault` gives */
function checkHost(host: string, fault: (reason: string) => OperatorError): number | undefined {
  if (/^[\d.]+$/.test(host)) {
    const ip = parseIp(host);
    if (ip === undefined) throw fault('that is no IPv4 address');
    if (!isClientIp(ip)) throw fault('that is not the address of one host');
    return ip;
  }
  if (!/^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_.])?$/i.test(host)) {
    throw fault('that is neither an IPv4 address nor a host name');
  }
  return undefined;
}

/**
 * Reads where to listen: `ip:port`, `name:port`, or a port alone for loopback. Port 0 asks for a free one, 0.0.0.0 stands for
 * every interface. @throws OperatorError `usage`
 */
export function listenAtOf(text: string, what: string): HostPort {
  const fault = (reason: string): OperatorError =>
    usageError(`expected ip:port for ${what}, got ${shown(text)}: ${reason}`);
  const colon = text.lastIndexOf(':');
  const host = colon < 0 ? '127.0.0.1' : text.slice(0, colon);
  const port = parsePort(text.slice(colon + 1));
  if (port === undefined) throw fault('the port is not from 0 to 65535');
  if (host !== '0.0.0.0') checkHost(host, fault);
  return { host, port };
}

/** The host, as a name or in dotted form, and the port of a checked peer. */
export function hostPortOf(peer: Peer): HostPort {
  return typeof peer === 'number' ? { host: formatIp(ipOf(peer)), port: portOf(peer) } : peer;
}

function partsOf(given: string | Peer, fault: (reason: string) => OperatorError): HostPort {
  if (typeof given === 'number') return hostPortOf(given);
  if (typeof given !== 'string') return given ?? {};
  const colon = given.lastIndexOf(':');
  if (colon < 0) throw fault('there is no colon');
  return { host: given.slice(0, colon), port: parsePort(given.slice(colon + 1)) ?? 0 };
}

/** `ip:port` or `name:port`. */
export function formatPeer(peer: Peer): string {
  return typeof peer === 'number' ? formatEndpoint(peer) : `${peer.host}:${peer.port}`;
}

/** The IPv4 endpoint of a peer; a name is looked up once. @throws OperatorError `host` when the name has no IPv4 address. */
export async function resolve(peer: Peer): Promise<Endpoint> {
  if (typeof peer === 'number') return peer;
  try {
    const { address } = await lookup(peer.host, { family: 4 });
    return endpointOf(parseIp(address) ?? 0, peer.port);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new OperatorError('host', `expected a host with an IPv4 address, got "${peer.host}": it cannot be resolved`, {
      cause,
    });
  }
}
