/** The overlay's messages as cases speak of them: made from words, looked for by words, and shown in words. */

import { type Endpoint, endpointOf, formatEndpoint, parseIp } from '../../shared/endpoint';
import { escapeBytes } from '../../shared/escape';
import { decode, encode, type Message } from '../../shared/wire/overlay/message';
import { WireError } from '../../shared/wire/wire-error';

/** Bytes, or a text of which each character is one byte. */
export type Text = string | Uint8Array;

/** What a case looks for among the datagrams that came. */
export interface Pattern<Found extends Message = Message> {
  /** For a report: `a QUERY for ssh`. */
  words: string;
  /** The message, where the datagram is one that is looked for. */
  find(datagram: Uint8Array): Found | undefined;
}

type QueryMessage = Extract<Message, { type: 'QUERY' }>;
type ResponseMessage = Extract<Message, { type: 'RESPONSE' }>;
type ClireqMessage = Extract<Message, { type: 'CLIREQ' }>;

/** A CLIREQ with this key text. */
export function clireq(key: Text): Uint8Array {
  return encode({ type: 'CLIREQ', text: bytesOf(key), key: bytesOf(key) });
}

/** A QUERY; one that no encoder of ours would make is made from `query` by changing bytes. */
export function query(key: Text, about: { ttl: number; client: Endpoint; sequence: number }): Uint8Array {
  return encode({ type: 'QUERY', ...about, text: bytesOf(key), key: bytesOf(key) });
}

/** A RESPONSE; without a key it is the value alone. A tail begins with a NUL. */
export function response(key: Text | undefined, value: Text, tail: Text = ''): Uint8Array {
  return encode({
    type: 'RESPONSE',
    key: key === undefined ? undefined : bytesOf(key),
    value: bytesOf(value),
    tail: bytesOf(tail),
  });
}

/** A CLIREQ for a key, also where blanks or a line end stand around it. */
export function aClireq(key: Text): Pattern<ClireqMessage> {
  return pattern(`a CLIREQ for ${shown(key)}`, (message) => {
    const bare = message.type === 'CLIREQ' && Buffer.from(message.key).toString('latin1').trim();
    return bare === Buffer.from(bytesOf(key)).toString('latin1') ? (message as ClireqMessage) : undefined;
  });
}

/** A QUERY for a key, whatever else stands in it. */
export function aQuery(key: Text): Pattern<QueryMessage> {
  return pattern(`a QUERY for ${shown(key)}`, (message) =>
    message.type === 'QUERY' && isSame(message.key, key) ? message : undefined,
  );
}

/** A RESPONSE for a key. One without a TAB names none, and is the answer to whatever was asked. */
export function aResponse(key: Text): Pattern<ResponseMessage> {
  return pattern(`a RESPONSE for ${shown(key)}`, (message) =>
    message.type === 'RESPONSE' && (message.key === undefined || isSame(message.key, key)) ? message : undefined,
  );
}

/** The bytes of a text. */
export function bytesOf(text: Text): Uint8Array {
  return typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
}

/** A loopback address with a port. */
export function onLoopback(port: number): Endpoint {
  return endpointOf(parseIp('127.0.0.1')!, port);
}

/** Bytes shown in words are cut behind so many. */
const SHOWN_MAX = 120;

/** Bytes or a text, safe to show; what is long is cut. */
export function shown(text: Text): string {
  const bytes = bytesOf(text);
  const cut = bytes.length > SHOWN_MAX ? `... (${bytes.length} bytes)` : '';
  return `${escapeBytes(bytes.subarray(0, SHOWN_MAX))}${cut}`;
}

/** A datagram in words: `QUERY ssh ttl=3 client=127.0.0.1:40001 sequence=7`, or what is wrong with it. */
export function datagramWords(datagram: Uint8Array): string {
  try {
    const message = decode(datagram);
    switch (message.type) {
      case 'CLIREQ':
        return `CLIREQ ${shown(message.text)}`;
      case 'QUERY':
        return `QUERY ${shown(message.text)} ttl=${message.ttl} client=${formatEndpoint(message.client)} sequence=${message.sequence}`;
      case 'RESPONSE': {
        const tail = message.tail.length > 0 ? ` then ${shown(message.tail)}` : '';
        return `RESPONSE ${message.key ? `${shown(message.key)} = ` : ''}${shown(message.value)}${tail}`;
      }
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return `no message (${error.message}): ${shown(datagram)}`;
  }
}

function pattern<Found extends Message>(words: string, look: (message: Message) => Found | undefined): Pattern<Found> {
  return {
    words,
    find(datagram) {
      try {
        return look(decode(datagram));
      } catch (error) {
        if (error instanceof WireError) return undefined;
        throw error;
      }
    },
  };
}

function isSame(bytes: Uint8Array, text: Text): boolean {
  return Buffer.compare(bytes, bytesOf(text)) === 0;
}
