/** What servers of the key-value dialect print for each request where that is asked for: the specification's very lines (section 3). */

import { escapeText } from '../../../shared/escape';

/** Where lines go. */
export type Print = (line: string) => void;

/** A PUT that came to the leader. */
export function putLine(client: string, key: string, value: string): string {
  return `Cliente ${client} PUT key:${escapeText(key)} value:${escapeText(value)}.`;
}

/** A PUT that came to another, and goes to the leader. */
export function forwardLine(key: string, value: string): string {
  return `Encaminhando PUT key:${escapeText(key)} value:${escapeText(value)}`;
}

/** A write of the leader that came to a follower. */
export function replicationLine(key: string, value: string, timestamp: number): string {
  return `REPLICATION key:${escapeText(key)} value:${escapeText(value)} ts:${timestamp}.`;
}

/** A PUT that is confirmed. */
export function putOkLine(client: string, key: string, timestamp: number): string {
  return `Enviando PUT_OK ao Cliente ${client} da key:${escapeText(key)} ts:${timestamp}.`;
}

/** A GET with what it got: the value, or the name of the message that says why there is none. */
export function getLine(
  client: string,
  key: string,
  held: number | undefined,
  own: number | undefined,
  given: string,
): string {
  return `Cliente ${client} GET key:${escapeText(key)} ts:${stamp(held)}. Meu ts é ${stamp(own)}, portanto devolvendo ${escapeText(given)}.`;
}

function stamp(timestamp: number | undefined): string {
  return timestamp === undefined ? 'None' : String(timestamp);
}
