/** `DEBUG=servent:*`: every datagram in words, what came from whom and what was decided, with nothing a peer sent left raw. */

import debug from 'debug';
import { formatEndpoint } from '../shared/endpoint';
import { escapeBytes } from '../shared/escape';
import { decode, type Message } from '../shared/wire/overlay/message';
import { WireError } from '../shared/wire/wire-error';
import type { ServentObserver } from './observed-servent';

const received = debug('servent:receive');
const sent = debug('servent:send');
const dropped = debug('servent:drop');
const failed = debug('servent:error');

/** Is anything traced? Decides whether words are made at all. */
export const tracing = received.enabled || sent.enabled || dropped.enabled || failed.enabled;

/** Puts what it sees into words. */
export const tracer: Partial<ServentObserver> = {
  received: (datagram, from) => received('%s from %s', describe(datagram), formatEndpoint(from)),
  answered: (response, client) => sent('%s to %s', describe(response), formatEndpoint(client)),
  forwarded: (query, neighbour) => sent('%s to %s', describe(query), formatEndpoint(neighbour)),
  dropped: (reason, from) => dropped('%s, from %s', reason, formatEndpoint(from)),
  sendFailed: (code, to) => failed('%s, to %s', code, formatEndpoint(to)),
};

function describe(datagram: Uint8Array): string {
  try {
    return words(decode(datagram));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return `${datagram.length} bytes that are no message: ${error.message}`;
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
