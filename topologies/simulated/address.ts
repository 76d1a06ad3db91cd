/** Addresses in the simulated network: servents on 10.0.0.1 and up, each question's socket on 192.168.0.0/16. */

import { type Endpoint, endpointOf, ipOf, portOf } from '../../shared/endpoint';

const SERVENT_IP_FIRST = 0x0a00_0001;
/** 10.0.0.0/8 has room for so many. */
export const SERVENTS_MAX = 0x00ff_fffe;
const SERVENT_PORT = 5000;

const CLIENT_IP_FIRST = 0xc0a8_0000;
const CLIENT_IPS = 0x1_0000;
/** Ports that systems give to sockets that ask for none (RFC 6335 section 6). */
const CLIENT_PORT_FIRST = 49_152;
const CLIENT_PORTS = 16_384;

/** Where the servent of this number (from 0, below SERVENTS_MAX) listens. */
export function serventEndpoint(servent: number): Endpoint {
  return endpointOf(SERVENT_IP_FIRST + servent, SERVENT_PORT);
}

/** The servent at an endpoint, or -1. */
export function serventAt(endpoint: Endpoint, servents: number): number {
  const servent = ipOf(endpoint) - SERVENT_IP_FIRST;
  return servent >= 0 && servent < servents && portOf(endpoint) === SERVENT_PORT ? servent : -1;
}

/** Where the question of this number (from 0) is asked from: one address and port each, for the first 2^30. */
export function questionEndpoint(question: number): Endpoint {
  return endpointOf(
    CLIENT_IP_FIRST + (Math.floor(question / CLIENT_PORTS) % CLIENT_IPS),
    CLIENT_PORT_FIRST + (question % CLIENT_PORTS),
  );
}

/** The question whose socket this is, or -1. */
export function questionAt(endpoint: Endpoint, questions: number): number {
  const ip = ipOf(endpoint) - CLIENT_IP_FIRST;
  const port = portOf(endpoint) - CLIENT_PORT_FIRST;
  if (ip < 0 || ip >= CLIENT_IPS || port < 0 || port >= CLIENT_PORTS) return -1;
  const question = ip * CLIENT_PORTS + port;
  return question < questions ? question : -1;
}
