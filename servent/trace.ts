/** `DEBUG=servent:*`: every datagram in words, what came from whom and what was decided, with nothing a peer sent left raw. */

import debug from 'debug';
import { type Endpoint, formatEndpoint } from '../shared/endpoint';
import { escapeBytes } from '../shared/escape';
import { decode, type Message } from '../shared/wire/overlay/message';
import type { DropReason } from './core';

const received = debug('servent:receive');
const sent = debug('servent:send');
const dropped = debug('servent:drop');
const failed = debug('servent:error');

/** Is anything traced? Decides whether words are made at all. */
export const tracing = received.enabled || sent.enabled || dropped.enabled || failed.enabled;

export const trace = {
  received: (datagram: Uint8Array, from: Endpoint) => received('%s from %s', describe(datagram), formatEndpoint(from)),
  sent: (datagram: Uint8Array, to: Endpoint) => sent('%s to %s', describe(datagram), formatEndpoint(to)),
  dropped: (reason: DropReason, from: Endpoint) => dropped('%s, from %s', reason, formatEndpoint(from)),
  failed: (code: string, to: Endpoint) => failed('%s, to %s', code, formatEndpoint(to)),
};

function describe(datagram: Uint8Array): string {
  try {
    return words(decode(datagram));
  } catch (error) {
    return `${datagram.length} bytes that are no message: ${(error as Error).message}`;
  }
}

function words(message: Message): string {
  switch (message.type) {
    case 'CLIREQ':
      return `CLIREQ key "${escapeBytes(message.key)}"`;
    case 'QUERY': {
      const { ttl, client, sequence, key } = message;
      return `QUERY ttl ${ttl} client ${formatEndpoint(client)} sequence ${sequence} key "${escapeBytes(key)}"`;
    }
    case 'RESPONSE':
      return `RESPONSE key "${escapeBytes(message.key ?? new Uint8Array(0))}" value "${escapeBytes(message.value)}"`;
  }
}
