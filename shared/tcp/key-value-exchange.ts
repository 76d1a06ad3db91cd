/** One request of the key-value dialect over a connection of its own: out goes one object, in comes one. */

import { hostPortOf, peerOf } from '../host-port';
import { decodeMessage, encodeMessage, type KeyValueMessage, ObjectDecoder } from '../wire/key-value';
import { WireError } from '../wire/wire-error';
import { openConnection } from './connection';

/** How it ended: a reply; `refused`, when surely nothing was asked; `lost`, when what was asked may have been done. */
export type Exchange =
  | { kind: 'reply'; reply: KeyValueMessage }
  | { kind: 'refused'; reason: string }
  | { kind: 'lost'; reason: string };

/**
 * Asks a server. Never rejects.
 * @param server `host:port`, checked before
 * @param limitMs it has this long, connecting included
 * @param signal gives it up
 */
export function exchange(
  server: string,
  message: KeyValueMessage,
  limitMs: number,
  signal?: AbortSignal,
): Promise<Exchange> {
  const { host, port } = hostPortOf(peerOf(server, 'a server'));
  const decoder = new ObjectDecoder();
  return new Promise((resolve) => {
    let reason: string | undefined;
    const end = (result: Exchange): void => {
      signal?.removeEventListener('abort', giveUp);
      resolve(result);
      connection.destroy();
    };
    const giveUp = (): void => end({ kind: 'lost', reason: 'given up' });
    const connection = openConnection(host, port, {
      received(bytes) {
        try {
          const object = decoder.push(bytes);
          if (object) end({ kind: 'reply', reply: decodeMessage(object) });
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          end({ kind: 'lost', reason: `its reply is none: ${error.message}` });
        }
      },
      drained() {},
      ended() {
        reason = 'it closed the connection without a reply';
        connection.destroy();
      },
      closed(code) {
        if (code !== undefined && NOTHING_SENT[code]) end({ kind: 'refused', reason: NOTHING_SENT[code] });
        else end({ kind: 'lost', reason: reason ?? code ?? `it does not answer within ${limitMs / 1000} s` });
      },
    });
    signal?.addEventListener('abort', giveUp);
    connection.closeAfter(limitMs);
    connection.send(encodeMessage(message));
  });
}

/** The system's names for a connection that never stood. */
const NOTHING_SENT: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of that name',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
};
