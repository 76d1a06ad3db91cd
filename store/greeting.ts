/**
 * How one replica begins to speak with another, on the port where clients come too (store specification, section 2): a request
 * `["replica", version]` and its reply, then frames of a four-byte length.
 */

import { OperatorError } from '../shared/errors';
import { hostPortOf, peerOf } from '../shared/host-port';
import { type Connection, openConnection } from '../shared/tcp/connection';
import { DOCUMENT_FRAMES } from '../shared/wire/documents';
import { encodeFrame, FrameDecoder } from '../shared/wire/frame';
import { decodeJson, encodeJson, type Json } from '../shared/wire/json';

/** Of the language that replicas speak. One that speaks another is told so, and closed. */
const PEER_VERSION = 1;
/** Within this time a replica has greeted back. */
const GREETING_MS = 2000;
/** Within this time a takeover has succeeded or failed. */
const TAKEOVER_MS = 30_000;

/** What a replica says of itself when it is greeted. */
export interface Welcome {
  /** Where the store's record lies, for those that run on the same boot of the same machine. */
  readonly coordination: { readonly folder: string; readonly boot: string } | null;
}

/** A connection that is greeted, and what came behind the greeting. */
export interface Greeted {
  connection: Connection;
  welcome: Welcome;
  rest: Uint8Array;
}

/** Answers the greeting of another. False when it is none that we understand; the connection then ends. */
export function welcome(connection: Connection, greeting: readonly Json[], welcome: Welcome): boolean {
  const understood = greeting[1] === PEER_VERSION;
  const came = JSON.stringify(greeting[1]);
  const reply: Json = understood
    ? ['ok', { ...welcome }]
    : ['ko', `expected version ${PEER_VERSION} of the replicas' language, got ${came}`];
  connection.send(encodeFrame(encodeJson(reply), DOCUMENT_FRAMES));
  if (!understood) connection.end();
  return understood;
}

/** Connects to a replica and greets it. @throws OperatorError `unreachable` when it does not answer as one */
export async function greet(address: string): Promise<Greeted> {
  const { connection, result, rest } = await ask(address, ['replica', PEER_VERSION], GREETING_MS);
  return { connection, welcome: result as unknown as Welcome, rest };
}

/** A greeting's third word, by which an operator makes a replica lead. */
export const TAKEOVER = 'takeover';

/** Makes a replica lead, whoever is in sync. @throws OperatorError `unreachable`, or `refused` with its reason */
export async function forceTakeover(address: string): Promise<void> {
  const { connection } = await ask(address, ['replica', PEER_VERSION, TAKEOVER], TAKEOVER_MS);
  connection.destroy();
}

/** Sends the first request of a connection. @throws OperatorError */
function ask(
  address: string,
  request: Json,
  limitMs: number,
): Promise<{ connection: Connection; result: Json; rest: Uint8Array }> {
  const { host, port } = hostPortOf(peerOf(address, 'a replica'));
  const decoder = new FrameDecoder(DOCUMENT_FRAMES);
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      reject(new OperatorError('unreachable', `expected a replica of a store, got ${address}: ${reason}`));
      connection.destroy();
    };
    const refuse = (reason: string): void => {
      reject(new OperatorError('refused', `${address} refuses: ${reason}`));
      connection.destroy();
    };
    const connection = openConnection(host, port, {
      received(bytes) {
        decoder.push(bytes);
        try {
          const payload = decoder.next();
          if (payload === undefined) return;
          const [word, content] = decodeJson(payload) as [Json, Json];
          if (word !== 'ok') return refuse(String(content));
          connection.closeAfter(undefined);
          resolve({ connection, result: content, rest: decoder.rest() });
        } catch {
          fail('it does not speak as a replica');
        }
      },
      drained() {},
      ended: () => fail('it closed the connection'),
      closed: (code) => fail(code === undefined ? 'it does not answer' : (WORDS[code] ?? code)),
    });
    connection.closeAfter(limitMs);
    connection.send(encodeFrame(encodeJson(request), DOCUMENT_FRAMES));
  });
}

/** What the system's names mean to a person. */
const WORDS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of that name',
};
