/** Peers as a person names them, `host:port`, and how a name becomes an address. */

import { lookup } from 'node:dns/promises';
import { isClientIp } from './address-classes';
import { type Endpoint, endpointOf, parseIp, parsePort } from './endpoint';
import { OperatorError, usageError } from './errors';
import { escapeText } from './escape';

/** A host as it was written, an IPv4 address or a name, and a port of 1 to 65,535. */
export interface HostPort {
  host: string;
  port: number;
}

/** Reads `ip:port` or `name:port`; `what` says whose it is. @throws OperatorError `usage` */
export function hostPortOf(text: string, what: string): HostPort {
  const colon = text.lastIndexOf(':');
  const fault = (reason: string): OperatorError =>
    usageError(`expected ip:port for ${what}, got "${escapeText(text)}": ${reason}`);
  if (colon < 0) throw fault('there is no colon');
  const host = text.slice(0, colon);
  const port = parsePort(text.slice(colon + 1));
  if (port === undefined || port === 0) throw fault('the port is not from 1 to 65535');
  if (/^[\d.]+$/.test(host)) {
    const ip = parseIp(host);
    if (ip === undefined) throw fault('that is no IPv4 address');
    if (!isClientIp(ip)) throw fault('that is not the address of one host');
  } else if (!/^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_.])?$/i.test(host)) {
    throw fault('that is neither an IPv4 address nor a host name');
  }
  return { host, port };
}

/** The IPv4 endpoint of a peer; a name is looked up once. @throws OperatorError `host` when the name has no IPv4 address. */
export async function resolve({ host, port }: HostPort): Promise<Endpoint> {
  const literal = parseIp(host);
  if (literal !== undefined) return endpointOf(literal, port);
  try {
    const { address } = await lookup(host, { family: 4 });
    return endpointOf(parseIp(address) ?? 0, port);
  } catch (cause) {
    throw new OperatorError('host', `expected a host with an IPv4 address, got "${host}": it cannot be resolved`, {
      cause,
    });
  }
}
