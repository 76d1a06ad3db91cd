/** `DEBUG=client:*`: every datagram of a question and what became of it, with nothing a peer sent left raw. */

import debug from 'debug';
import { type Endpoint, formatEndpoint } from '../shared/endpoint';
import { escapeBytes } from '../shared/escape';
import type { ClientDropReason } from './core';

const received = debug('client:receive');
const sent = debug('client:send');
const dropped = debug('client:drop');
const failed = debug('client:error');

export const trace = {
  received(datagram: Uint8Array, from: Endpoint): void {
    if (received.enabled) received('"%s" from %s', escapeBytes(datagram), formatEndpoint(from));
  },
  sent(datagram: Uint8Array, to: Endpoint): void {
    if (sent.enabled) sent('"%s" to %s', escapeBytes(datagram), formatEndpoint(to));
  },
  /** Why the datagram received last is no answer. */
  dropped: (reason: ClientDropReason) => dropped('%s', reason),
  failed: (code: string, to: Endpoint) => failed('%s, to %s', code, formatEndpoint(to)),
};
