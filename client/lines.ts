/** What the client prints, in words and as JSON. */

import { escapeBytes, escapeValue, utf8 } from '../shared/escape';
import type { Paint } from '../shared/program/colour';
import type { ClientDropReason } from './core';
import type { Answer, LookupSummary } from './lookup';

/** Key (where there are several), responder, value, milliseconds since the question; columns as wide as these at least. */
export function answerLine({ from, value, ms }: Answer, key: string, widths: Widths, paint: Paint): string {
  const columns = [
    ...(widths.key > 0 ? [key.padEnd(widths.key)] : []),
    paint('cyan', from.padEnd(widths.from)),
    paint('bold', escapeValue(value)),
    paint('faint', `(${ms.toFixed(1)} ms)`),
  ];
  return columns.join('  ');
}

/** Characters of columns; 0 for a key that is not shown. */
export interface Widths {
  key: number;
  from: number;
}

/** `key`, `value`, `from`, `ms`; bytes that are not UTF-8 come as `keyBase64` and `valueBase64`. */
export function answerEvent(key: Uint8Array, { from, value, ms }: Answer): string {
  return eventLine('answer', key, { ...textOrBase64('value', value), from, ms: thousandths(ms) });
}

/** How a question ended, as JSON: also of a key that nobody answered. */
export function summaryEvent(key: Uint8Array, { ms, ...summary }: LookupSummary): string {
  return eventLine('summary', key, { ...summary, ms: thousandths(ms) });
}

/** That the system says the contact cannot be reached, as JSON. */
export function unreachableEvent(key: Uint8Array, contact: string, code: string): string {
  return eventLine('unreachable', key, { contact, code });
}

function eventLine(event: string, key: Uint8Array, rest: object): string {
  return escapeJson(JSON.stringify({ event, ...textOrBase64('key', key), ...rest }));
}

function textOrBase64(name: string, bytes: Uint8Array): Record<string, string> {
  const text = utf8(bytes);
  return text === undefined ? { [`${name}Base64`]: Buffer.from(bytes).toString('base64') } : { [name]: text };
}

function thousandths(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** How a question ended, in words. */
export function summaryLine(summary: LookupSummary, contact: string): string {
  return [endOf(summary, contact), ...dropWords(summary.dropped)].join('; ');
}

function endOf({ answers, asked, ms, enough, unreachable }: LookupSummary, contact: string): string {
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  if (enough) return `stopped at ${answers} response${answers === 1 ? '' : 's'} (${seconds})`;
  if (answers > 0) return `no more responses (${answers} in ${seconds})`;
  const how = `no responses (asked ${asked === 1 ? 'once' : 'twice'}, ${seconds})`;
  if (unreachable) return `${how}: ${contact} cannot be reached`;
  return `${how}: nobody within three hops has the key, or ${contact} hears nothing (check address, port and firewall)`;
}

/** Those that explain something: a repeated answer was shown, and a late one came behind the end. */
function dropWords(dropped: LookupSummary['dropped']): string[] {
  const telling = (Object.entries(dropped) as [ClientDropReason, number][]).filter(
    ([reason]) => reason !== 'repeated' && reason !== 'late',
  );
  const count = telling.reduce((sum, [, times]) => sum + times, 0);
  if (count === 0) return [];
  const reasons = telling.map(([reason, times]) => `${reason} ${times}`).join(', ');
  return [`${count === 1 ? '1 datagram was no answer' : `${count} datagrams were no answers`} to this: ${reasons}`];
}

/** What is said at once when the system says that the contact cannot be reached. */
export function unreachableLine(contact: string, code: string): string {
  const what = code === 'ECONNREFUSED' ? `nobody listens at ${contact}` : `${contact} cannot be reached`;
  return `${what} (${code}); it is asked twice, in case a servent is just starting`;
}

/** A key to be shown. */
export function shownKey(key: Uint8Array): string {
  return escapeBytes(key);
}

/** JSON leaves DEL, C1, line separators and bidirectional controls as they are: escapes them the JSON way. */
function escapeJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
